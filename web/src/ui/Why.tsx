import { Popover, Text, UnstyledButton } from "@mantine/core";
import { type PointerEvent, type ReactNode, useState } from "react";

interface Props {
  /** All of it in words, for whoever does not see it. */
  label: string;
  sentence: string;
  position?: "bottom" | "bottom-end";
  children: ReactNode;
}

/** A figure or a word that says why it is so: under the mouse, on focus, and when it is touched. */
export function Why({ label, sentence, position = "bottom", children }: Props) {
  const [opened, setOpened] = useState(false);
  // A finger comes and goes with each touch: what it opens stays until something else is touched.
  const byMouse = (open: boolean) => (event: PointerEvent) => {
    if (event.pointerType === "mouse") setOpened(open);
  };
  return (
    <Popover opened={opened} onChange={setOpened} width={260} withArrow position={position} withRoles={false}>
      <Popover.Target>
        <UnstyledButton
          fz={13}
          mih={24}
          aria-label={label}
          onPointerEnter={byMouse(true)}
          onPointerLeave={byMouse(false)}
          onFocus={() => setOpened(true)}
          onBlur={() => setOpened(false)}
          onClick={() => setOpened(true)}
        >
          {children}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm">{sentence}</Text>
      </Popover.Dropdown>
    </Popover>
  );
}
