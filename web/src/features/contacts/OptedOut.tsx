import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { day } from "~/ui/time";
import { contactQuery } from "./queries";

/** Says above the composer that somebody does not want to be written to. A person may still answer them. */
export function OptedOut({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const since = useQuery(contactQuery(contactId)).data?.opted_out_at;
  if (!since) return null;
  return (
    <Text size="sm" px="md" py={6} role="note" bg="var(--sandbox)" c="var(--sandbox-ink)">
      {t("replies.optedOut", { date: day(since) })}
    </Text>
  );
}
