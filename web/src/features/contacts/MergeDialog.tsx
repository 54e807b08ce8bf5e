import { Button, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Contact } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { IconSearch } from "~/ui/icons";
import { withoutTurns } from "~/ui/names";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useMerge } from "./actions";
import { searchQuery } from "./queries";

/** Says that another record is the same person. */
export function MergeDialog({ contact, onClose }: { contact: Contact; onClose(): void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text, 200);
  const [chosen, setChosen] = useState<string>();
  const found = useQuery(searchQuery(search)).data?.filter((other) => other.id !== contact.id);
  const other = found?.find((each) => each.id === chosen);
  const merge = useMerge(contact.id);
  return (
    <Dialog onClose={onClose} title={t("contact.merge")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (other) merge.mutate(other, { onSuccess: onClose });
        }}
      >
        <Stack>
          <Text size="sm">{t("contact.mergeText")}</Text>
          {merge.error && <ProblemAlert error={merge.error} />}
          <TextInput
            label={t("contact.mergeSearch")}
            leftSection={<IconSearch size={16} />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            data-autofocus
            dir="auto"
          />
          <Radio.Group value={chosen ?? null} onChange={setChosen} aria-label={t("contact.mergeSearch")}>
            <Stack gap="xs">
              {found?.map((each) => (
                <Radio
                  key={each.id}
                  value={each.id}
                  label={<bdi>{withoutTurns(each.name)}</bdi>}
                  description={<span dir="ltr">{each.phone ?? ""}</span>}
                />
              ))}
            </Stack>
          </Radio.Group>
          {found?.length === 0 && (
            <Text size="sm" c="dimmed">
              {t("contact.mergeNone")}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={!other} loading={merge.isPending}>
              {t("contact.mergeAct")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
