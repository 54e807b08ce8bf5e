import { Card, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Mark } from "~/app/Mark";
import { LanguageRow } from "~/ui/LanguageRow";
import classes from "./AuthCard.module.css";

/** What a person sees before they are logged in. */
export function AuthCard(props: { title: string; text: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <main className={classes.page}>
      <Stack w="100%" maw={420} gap="lg">
        <Stack gap={6} align="center" ta="center">
          <Group gap="sm">
            <Mark size={44} />
            <Text fz={28} fw={700}>
              Pesan
            </Text>
          </Group>
          <Text c="dimmed" size="sm">
            {t("auth.tagline")}
          </Text>
        </Stack>
        <Card padding="xl" shadow="sm">
          <Title order={1} size="h3">
            {props.title}
          </Title>
          <Text c="dimmed" size="sm" mb="lg">
            {props.text}
          </Text>
          {props.children}
        </Card>
        <LanguageRow />
      </Stack>
    </main>
  );
}
