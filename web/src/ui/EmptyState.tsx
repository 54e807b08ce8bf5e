import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** What a page shows when it has nothing yet: what this is for, and the next step. */
export function EmptyState(props: {
  icon: ReactNode;
  title: string;
  text: string;
  /** 1 where it is all there is. */
  order?: 1 | 2;
  children?: ReactNode;
}) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center" m="auto">
      <ThemeIcon size={64} radius="xl" variant="light" aria-hidden>
        {props.icon}
      </ThemeIcon>
      <Title order={props.order ?? 2} size="h4" mt="xs">
        {props.title}
      </Title>
      <Text c="dimmed" maw={420}>
        {props.text}
      </Text>
      {props.children}
    </Stack>
  );
}
