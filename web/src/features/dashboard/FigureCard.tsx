import { Text } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import classes from "./Dashboard.module.css";

interface Props {
  label: string;
  value: ReactNode;
  hint?: string | undefined;
}

interface OpeningProps extends Props {
  /** What the card opens, in words. */
  open: string;
}

function Content({ label, value, hint, open }: Props & { open?: string }) {
  const isLong = typeof value === "string" && value.length > 9;
  return (
    <>
      <Text size="sm" c="dimmed" component="span">
        {label}
      </Text>
      <span className={classes.value} data-long={isLong || undefined}>
        <bdi>{value}</bdi>
      </span>
      {hint && (
        <Text size="xs" c="dimmed" component="span">
          {hint}
        </Text>
      )}
      {open && (
        <Text size="xs" c="teal" component="span" mt="auto" aria-hidden>
          {open}
        </Text>
      )}
    </>
  );
}

/** A figure without a list: a link to something else than what it counts would mislead. */
export function Figure(props: Props) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no group of fields
    <div role="group" aria-label={props.label} className={classes.figure}>
      <Content {...props} />
    </div>
  );
}

/** A figure that opens the list of what it counts. */
export function FigureLink({ to, search, ...props }: OpeningProps & Pick<LinkProps, "to" | "search">) {
  return (
    <Link to={to} search={search} className={classes.figure} title={props.open}>
      <Content {...props} />
    </Link>
  );
}

/** The same, where the list is shown on this page. */
export function FigureButton({ onOpen, ...props }: OpeningProps & { onOpen(): void }) {
  return (
    <button type="button" className={classes.figure} title={props.open} onClick={onOpen} style={{ font: "inherit" }}>
      <Content {...props} />
    </button>
  );
}
