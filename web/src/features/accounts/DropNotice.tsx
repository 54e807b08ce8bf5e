/** Tells somebody who is busy that an account disconnected, without taking the keyboard away. */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import type { Account } from "~/api/types";
import { IconAlert } from "~/ui/icons";

/** The notices that are shown. One that goes by itself was not closed by a person. */
const shown = new Set<string>();

const noticeId = (accountId: string) => `drop-${accountId}`;

export function showDrop({ id, name }: Account, act: { onOpen(): void; onIgnore(): void }): void {
  shown.add(id);
  notifications.show({
    id: noticeId(id),
    color: "red",
    icon: <IconAlert size={18} />,
    autoClose: false,
    closeButtonProps: { "aria-label": i18next.t("common.close") },
    message: <DropNotice name={name} onOpen={act.onOpen} />,
    onClose: () => {
      if (shown.delete(id)) act.onIgnore();
    },
  });
}

export function hideDrop(accountId: string): void {
  if (shown.delete(accountId)) notifications.hide(noticeId(accountId));
}

function DropNotice({ name, onOpen }: { name: string; onOpen(): void }) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" gap="sm">
      <span>{t("reconnect.dropped", { name })}</span>
      <Button
        size="compact-sm"
        variant="light"
        color="red"
        // The focus stays where the person writes: it comes back there when the dialog closes.
        onMouseDown={(event) => event.preventDefault()}
        onClick={onOpen}
      >
        {t("reconnect.act")}
      </Button>
    </Group>
  );
}
