import { Button, Loader } from "@mantine/core";
import { useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown };
  fullWidth?: boolean;
  /** What keeps it apart from the list that it stands below. */
  className?: string | undefined;
}

/**
 * Fetches the next page of the list that stands right before it. It keeps the focus meanwhile, and when there is no further
 * page, the first of what it fetched gets it.
 */
export function MoreButton(props: Props) {
  return props.query.hasNextPage ? <Shown {...props} /> : null;
}

function Shown({ query, fullWidth = false, className }: Props) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  const last = useRef<Element>(undefined);
  useLayoutEffect(() => {
    const own = button.current;
    return () => {
      if (document.activeElement !== own) return;
      const before = last.current;
      // When what was fetched is there, and this is gone.
      setTimeout(() => {
        const next = before?.nextElementSibling ?? before;
        if (document.activeElement !== document.body || !(next instanceof HTMLElement)) return;
        next.tabIndex = -1;
        next.focus({ preventScroll: true });
      });
    };
  }, []);
  return (
    <Button
      ref={button}
      className={className}
      variant="subtle"
      size="compact-sm"
      fullWidth={fullWidth}
      aria-disabled={query.isFetchingNextPage}
      leftSection={query.isFetchingNextPage && <Loader size={14} />}
      onClick={() => {
        if (query.isFetchingNextPage) return;
        last.current = button.current?.previousElementSibling?.lastElementChild ?? undefined;
        void query.fetchNextPage();
      }}
    >
      {t("common.more")}
    </Button>
  );
}
