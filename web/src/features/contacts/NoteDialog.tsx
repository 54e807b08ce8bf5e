import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import type { Note } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useChangeNote, useWriteNote } from "./actions";
import type { About } from "./queries";

const POINTERS = { "/body": "body" } as const;

/** Writes a note, or changes one. */
export function NoteDialog(props: { about: About; chatId: string; note?: Note; onClose(): void }) {
  const { t } = useTranslation();
  const { note, onClose } = props;
  const write = useWriteNote(props.about, props.chatId);
  const change = useChangeNote();
  const form = useForm({
    initialValues: { body: note?.body ?? "" },
    validate: { body: (body) => (body.trim() === "" ? t("note.needed") : null) },
  });
  const error = write.error ?? change.error;
  const rest = error ? sortFields(Problem.from(error), POINTERS).rest : undefined;
  const settled = {
    onSuccess: onClose,
    onError: (failure: unknown) => form.setErrors(sortFields(Problem.from(failure), POINTERS).fields),
  };
  return (
    <Dialog onClose={onClose} title={t(note ? "note.editTitle" : "note.addTitle")}>
      <form
        noValidate
        onSubmit={form.onSubmit(({ body }) =>
          note ? change.mutate({ note, body: body.trim() }, settled) : write.mutate(body.trim(), settled),
        )}
      >
        <Stack>
          {rest && <ProblemAlert error={error} text={rest} />}
          <Textarea
            label={t("note.body")}
            description={t("note.private")}
            autosize
            minRows={3}
            maxRows={10}
            maxLength={4000}
            required
            data-autofocus
            dir="auto"
            {...form.getInputProps("body")}
          />
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              {form.values.body.length > 3800 ? `${form.values.body.length} / 4000` : ""}
            </Text>
            <Group gap="sm">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={write.isPending || change.isPending}>
                {t("common.save")}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
