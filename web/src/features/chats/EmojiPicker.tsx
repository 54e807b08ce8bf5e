import { ActionIcon, Popover, ScrollArea, Skeleton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetched } from "~/ui/fetched";
import { IconReact } from "~/ui/icons";
import classes from "./Composer.module.css";

const EmojiGrid = fetched(async () => (await import("./EmojiGrid")).default, <Skeleton h={260} />);

/** Puts an emoji where the cursor is. The list is fetched when it is first opened. */
export function EmojiPicker({ disabled, onPick }: { disabled: boolean; onPick(emoji: string): void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="top-start" shadow="md" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          radius="xl"
          className={classes.button}
          // Phones bring their own, and have no room for it.
          visibleFrom="sm"
          disabled={disabled}
          aria-label={t("composer.emoji")}
          title={t("composer.emoji")}
          onClick={() => setOpen(!open)}
        >
          <IconReact size={22} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={6} aria-label={t("composer.emoji")}>
        <ScrollArea.Autosize mah={280} w={292} type="auto" offsetScrollbars="y" viewportProps={{ tabIndex: -1 }}>
          <EmojiGrid onPick={onPick} />
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
