import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "~/ui/EmptyState";
import { IconSearch } from "~/ui/icons";

/** All there is at an address without a page. */
export function NotFoundPage() {
  return (
    <main>
      <NothingHere />
    </main>
  );
}

/** The same as a part of a page. */
export function NothingHere() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={<IconSearch size={30} />} order={1} title={t("nav.notFound")} text={t("nav.notFoundText")}>
      <Button component={Link} to="/chats" mt="sm">
        {t("nav.home")}
      </Button>
    </EmptyState>
  );
}
