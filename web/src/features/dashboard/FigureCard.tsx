import { Text } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import classes from "./Dashboard.module.css";

interface Props {
  label: string;
  value: ReactNode;
  hint?: string | undefined;
  /** What the card opens, in words. */
  open: string;
}

function Content({ label, value, hint, open }: Props) {
  const isLong = typeof value === "string" && value.length > 9;
  return (
    <>
      <Text size="sm" c="dimmed" component="span">
        {label}
      </Text>
      <span className={classes.value} data-long={isLong || undefined} dir="auto">
        {value}
      </span>
      {hint && (
        <Text size="xs" c="dimmed" component="span">
          {hint}
        </Text>
      )}
      <Text size="xs" c="teal" component="span" mt="auto" aria-hidden>
        {open}
      </Text>
    </>
  );
}

/** A figure, which opens the list that is nearest to what it counts. */
export function FigureCard({ to, search, ...props }: Props & Pick<LinkProps, "to" | "search">) {
  return (
    <Link to={to} search={search} className={classes.figure} title={props.open}>
      <Content {...props} />
    </Link>
  );
}

/** The same, where the list is shown on this page. */
export function FigureButton({ onOpen, ...props }: Props & { onOpen(): void }) {
  return (
    <button type="button" className={classes.figure} title={props.open} onClick={onOpen} style={{ font: "inherit" }}>
      <Content {...props} />
    </button>
  );
}
