/** Short notices of results, below the header. What can be seen in its place anyway needs none. */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { useRef } from "react";
import { Problem } from "~/api/problem";
import { sentenceOf } from "~/api/sentences";
import { useLostFocus } from "./focus";
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

/** Where the focus goes: it stays where it is, or the notice takes it when what had it is gone. */
type Focus = "stays" | "if_lost";

/** The same for what can be taken back. */
export function notifyUndo(message: string, undo: () => void, focus: Focus = "stays"): void {
  const id = notifications.show({
    ...closable(),
    message: (
      <Undoable
        message={message}
        focus={focus}
        undo={() => {
          notifications.hide(id);
          undo();
        }}
      />
    ),
    color: "teal",
    icon: <IconCheck size={18} />,
    autoClose: 6_000,
  });
}

function Undoable({ message, focus, undo }: { message: string; focus: Focus; undo(): void }) {
  const button = useRef<HTMLButtonElement>(null);
  useLostFocus(focus === "if_lost" ? button : undefined);
  return (
    <Group justify="space-between" wrap="nowrap">
      <span>{message}</span>
      <Button ref={button} size="compact-sm" variant="subtle" style={{ flex: "none" }} onClick={undo}>
        {i18next.t("inbox.undo")}
      </Button>
    </Group>
  );
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
