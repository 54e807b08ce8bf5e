import { Button, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "./Dialog";
import { isolated, typable } from "./names";
import { ProblemAlert } from "./ProblemAlert";

interface Props {
  title: string;
  text: string;
  /** What the red button says. */
  act: string;
  /** A word that must be typed first, for what cannot be undone. */
  word?: string;
  busy: boolean;
  /** Why it could not be done. */
  error?: unknown;
  onConfirm(): void;
  onClose(): void;
}

/** Stands for the word in the sentence that asks for it. */
const WORD = "\u0000";

/** Asks before something that hurts. */
export function Confirm(props: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const field = useId();
  const ready = props.word === undefined || typable(typed) === typable(props.word);
  // Cut by hand: the word may be a stranger's name, and nothing in it is a tag.
  const [before, after] = t("common.typeToConfirm", { word: WORD }).split(WORD);
  return (
    <Dialog onClose={props.onClose} title={props.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) props.onConfirm();
        }}
      >
        <Stack>
          {props.error ? <ProblemAlert error={props.error} /> : null}
          <Text size="sm">{props.text}</Text>
          {props.word !== undefined && (
            <Stack gap={4}>
              <Text component="label" htmlFor={field} size="sm">
                {before}
                <Code fz="sm">{isolated(props.word)}</Code>
                {after}
              </Text>
              <TextInput
                id={field}
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
                autoComplete="off"
                data-autofocus
              />
            </Stack>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose}>
              {t("common.cancel")}
            </Button>
            <Button color="red" type="submit" disabled={!ready} loading={props.busy}>
              {props.act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
