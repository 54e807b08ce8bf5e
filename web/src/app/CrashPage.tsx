import { Container, Stack, Title } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "~/ui/ProblemAlert";

export function CrashPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <Container size={560} py={80}>
      <Stack>
        <Title order={1} size="h3">
          {t("nav.crashed")}
        </Title>
        <ProblemAlert
          error={error}
          retry={() => {
            reset();
            void router.invalidate();
          }}
        />
      </Stack>
    </Container>
  );
}
