import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Account, AccountState } from "~/api/types";

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

/** How grave it is for this account: one that was connected before and now waits for a scan nobody made needs a person. */
export function gravityOf({ state, last_connected_at }: Account): Gravity {
  return state === "created" && last_connected_at ? "person" : GRAVITY[state];
}

export const GRAVITY_COLOR: Record<Gravity, string> = { fine: "teal", healing: "yellow", person: "red", idle: "gray" };

export function StatePill({ account }: { account: Account }) {
  const { t } = useTranslation();
  const { state } = account;
  const gravity = gravityOf(account);
  const color = GRAVITY_COLOR[gravity];
  return (
    <Badge
      variant="light"
      color={color}
      size="lg"
      radius="xl"
      leftSection={<Dot color={color} pulse={gravity === "healing"} />}
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
