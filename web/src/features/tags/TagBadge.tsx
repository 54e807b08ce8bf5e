import { Badge, type MantineSize } from "@mantine/core";
import type { Tag } from "~/api/types";
import classes from "./TagBadge.module.css";

/** A tag of a chat or a person. */
export function TagBadge({
  tag,
  size = "xs",
  className,
}: {
  tag: Tag;
  size?: MantineSize;
  className?: string | undefined;
}) {
  return (
    <Badge size={size} variant="light" color={tag.color} className={`${classes.tag} ${className ?? ""}`}>
      {tag.name}
    </Badge>
  );
}
