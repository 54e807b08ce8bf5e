import { CloseButton, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { sentencesOf } from "~/api/sentences";
import { setFailure, useFailure } from "./failures";
import { IconAlert } from "./icons";

/** What could not be done with a row, in the row. */
export function RowProblem({ of }: { of: string }) {
  const { t } = useTranslation();
  const error = useFailure(of);
  if (error === undefined) return null;
  return (
    <Group role="alert" gap={6} mt={6} wrap="nowrap" align="flex-start" c="var(--problem)">
      <IconAlert size={18} style={{ flex: "none" }} aria-hidden />
      <Text size="sm" flex={1}>
        {sentencesOf(error)}
      </Text>
      <CloseButton size="sm" aria-label={t("common.close")} onClick={() => setFailure(of, undefined)} />
    </Group>
  );
}
