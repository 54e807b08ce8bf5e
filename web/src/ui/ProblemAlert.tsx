import { Alert, Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Problem } from "~/api/problem";
import { sentenceOf } from "~/api/sentences";
import { IconAlert } from "./icons";

interface Props {
  error: unknown;
  /** What to say in place of the problem's own sentence: what belongs to no field of a form. */
  text?: string;
  retry?: () => void;
}

/** What went wrong, in place, with a way to try again where there is one. */
export function ProblemAlert({ error, text, retry }: Props) {
  const { t } = useTranslation();
  const problem = Problem.from(error);
  return (
    <Alert color="red" icon={<IconAlert size={20} />} role="alert">
      <Group justify="space-between" gap="sm">
        <span>{text && problem.code !== "offline" ? text : sentenceOf(problem)}</span>
        {retry && (
          <Button size="xs" variant="light" color="red" onClick={retry}>
            {t("common.retry")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
