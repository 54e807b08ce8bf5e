import { Container, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A page with a heading, what it is about, and its main action. */
export function Page(props: { title: string; subtitle?: string; action?: ReactNode; children: ReactNode }) {
  return (
    <Container size={1200} px={{ base: "md", sm: "xl" }} py={{ base: "md", sm: "lg" }} w="100%">
      <Stack gap="lg">
        <Group justify="space-between" align="flex-end" gap="sm">
          <div>
            <Title order={1} size="h2">
              {props.title}
            </Title>
            {props.subtitle && <Text c="dimmed">{props.subtitle}</Text>}
          </div>
          {props.action}
        </Group>
        {props.children}
      </Stack>
    </Container>
  );
}
