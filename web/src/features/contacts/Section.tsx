import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Contacts.module.css";

/** A part of the panel with its heading. */
export function Section(props: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={props.title}>
      <Group justify="space-between" mb={8} mih={28}>
        <Title order={3} size="h6">
          {props.title}
        </Title>
        {props.action}
      </Group>
      {props.children}
    </section>
  );
}

/** What a part says when there is nothing in it. */
export function Nothing({ text }: { text: string }) {
  return (
    <Text size="sm" c="dimmed">
      {text}
    </Text>
  );
}
