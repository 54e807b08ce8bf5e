/** Short notices of results, below the header. What can be seen in its place anyway needs none. */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { Problem } from "~/api/problem";
import { sentenceOf } from "~/api/sentences";
import { IconAlert, IconCheck } from "./icons";

const closable = () => ({ closeButtonProps: { "aria-label": i18next.t("common.close") } });

export function notifyDone(message: string): void {
  notifications.show({ ...closable(), message, color: "teal", icon: <IconCheck size={18} />, autoClose: 4_000 });
}

/** What was asked for cannot be had, and why. */
export function notifyRefused(message: string): void {
  notifications.show({ ...closable(), message, color: "red", icon: <IconAlert size={18} />, autoClose: 8_000 });
}

/** Something worth knowing about what was done. It stays until it is closed. */
export function notifyNote(message: string): void {
  notifications.show({ message, color: "yellow", icon: <IconAlert size={18} />, autoClose: false });
}

/** The same for what can be taken back. */
export function notifyUndo(message: string, undo: () => void): void {
  const id = notifications.show({
    ...closable(),
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        <Button
          size="compact-sm"
          variant="subtle"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          {i18next.t("inbox.undo")}
        </Button>
      </Group>
    ),
    color: "teal",
    icon: <IconCheck size={18} />,
    autoClose: 6_000,
  });
}

export function notifyProblem(error: unknown): void {
  const problem = Problem.from(error);
  notifications.show({
    ...closable(),
    title: i18next.t("common.failed"),
    message: sentenceOf(problem),
    color: "red",
    icon: <IconAlert size={18} />,
    autoClose: 8_000,
  });
}
