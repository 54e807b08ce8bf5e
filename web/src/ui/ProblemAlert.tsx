import { Alert, Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Problem } from "~/api/problem";
import { IconAlert } from "./icons";

/** What went wrong, in place, with a way to try again where there is one. */
export function ProblemAlert({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const problem = Problem.from(error);
  return (
    <Alert color="red" icon={<IconAlert size={20} />} role="alert">
      <Group justify="space-between" gap="sm">
        <span>{problem.code === "offline" ? t("common.offline") : problem.message}</span>
        {retry && (
          <Button size="xs" variant="light" color="red" onClick={retry}>
            {t("common.retry")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
