import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { AccountState } from "~/api/types";

/** How grave a state is: what is fine, what heals by itself, what needs a person. */
export type Gravity = "fine" | "healing" | "person" | "idle";

export const GRAVITY: Record<AccountState, Gravity> = {
  connected: "fine",
  syncing: "healing",
  starting: "healing",
  reconnecting: "healing",
  restricted: "healing",
  need_scan: "person",
  pairing_code: "person",
  passkey_required: "person",
  logged_out: "person",
  banned: "person",
  created: "idle",
  paused: "idle",
};

export const GRAVITY_COLOR: Record<Gravity, string> = { fine: "teal", healing: "yellow", person: "red", idle: "gray" };

export function StatePill({ state }: { state: AccountState }) {
  const { t } = useTranslation();
  const color = GRAVITY_COLOR[GRAVITY[state]];
  return (
    <Badge
      variant="light"
      color={color}
      size="lg"
      radius="xl"
      leftSection={<Dot color={color} pulse={GRAVITY[state] === "healing"} />}
      data-state={state}
    >
      {t(`state.${state}`)}
    </Badge>
  );
}

export function Dot({ color, pulse }: { color: string; pulse?: boolean }) {
  return (
    <span
      aria-hidden
      style={{
        display: "inline-block",
        width: 8,
        height: 8,
        borderRadius: "50%",
        background: `var(--mantine-color-${color}-6)`,
        opacity: pulse ? 0.75 : 1,
      }}
    />
  );
}
