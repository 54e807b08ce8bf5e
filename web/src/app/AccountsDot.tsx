import { Group, Popover, Stack, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accountsQuery } from "~/api/queries";
import type { Account } from "~/api/types";
import { Dot, GRAVITY_COLOR, type Gravity, gravityOf } from "~/ui/StatePill";

const WORST: Gravity[] = ["person", "healing", "fine", "idle"];

/** The gravest thing among all accounts decides the colour. */
export function sum(accounts: Account[]): Gravity {
  return WORST.find((gravity) => accounts.some((account) => gravityOf(account) === gravity)) ?? "idle";
}

/** One dot for all accounts, and the list behind it. */
export function AccountsDot() {
  const { t } = useTranslation();
  const accounts = useQuery(accountsQuery).data;
  if (!accounts) return null;
  const connected = accounts.filter((account) => account.state === "connected").length;
  const text =
    accounts.length === 0
      ? t("nav.accountsNone")
      : connected === accounts.length
        ? t("nav.accountsOk", { count: connected })
        : t("nav.accountsSome", { connected, count: accounts.length });
  return (
    <Popover position="bottom-end" shadow="md" width={280}>
      <Popover.Target>
        <UnstyledButton px={8} py={6} aria-label={text} data-gravity={sum(accounts)}>
          <Group gap={8} wrap="nowrap">
            <Dot color={GRAVITY_COLOR[sum(accounts)]} />
            <Text size="sm" visibleFrom="sm">
              {text}
            </Text>
          </Group>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {accounts.length === 0 && <Text size="sm">{t("nav.accountsNone")}</Text>}
          {accounts.slice(0, 12).map((account) => (
            <Group key={account.id} justify="space-between" wrap="nowrap" gap="sm">
              <Group gap={8} wrap="nowrap" miw={0}>
                <Dot color={GRAVITY_COLOR[gravityOf(account)]} />
                <Text size="sm" truncate>
                  {account.name}
                </Text>
              </Group>
              <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
                {t(`state.${account.state}`)}
              </Text>
            </Group>
          ))}
          <Text component={Link} to="/accounts" size="sm" c="teal" td="none">
            {t("nav.accounts")}
          </Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
