import { AppShell, Box, Group, Text, Title, Tooltip, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useMatchRoute, useParams } from "@tanstack/react-router";
import { type ComponentType, useRef } from "react";
import { useTranslation } from "react-i18next";
import { meQuery, setupQuery } from "~/api/queries";
import type { Permission } from "~/api/types";
import { Linking } from "~/features/accounts/Linking";
import { Sending } from "~/features/chats/Sending";
import { ReminderNotices } from "~/features/contacts/ReminderNotices";
import { Live, useLive } from "~/live/Live";
import { useMay } from "~/ui/Allowed";
import { IconChart, IconChats, IconPhone, IconSettings, IconWebhook } from "~/ui/icons";
import { AccountsDot } from "./AccountsDot";
import { CommandBar } from "./CommandBar";
import { Mark } from "./Mark";
import { SandboxNote } from "./SandboxNote";
import classes from "./Shell.module.css";
import { UserMenu } from "./UserMenu";

interface Place {
  to: "/accounts" | "/chats" | "/dashboard" | "/webhooks" | "/settings";
  text: "accounts" | "chats" | "dashboard" | "webhooks" | "settings";
  icon: ComponentType<{ size?: number | string }>;
  needs?: Permission;
}

const PLACES: Place[] = [
  { to: "/chats", text: "chats", icon: IconChats, needs: "messages:read" },
  { to: "/accounts", text: "accounts", icon: IconPhone, needs: "accounts:read" },
  { to: "/dashboard", text: "dashboard", icon: IconChart, needs: "messages:read" },
  { to: "/webhooks", text: "webhooks", icon: IconWebhook, needs: "webhooks:manage" },
  { to: "/settings", text: "settings", icon: IconSettings },
];

/** What surrounds every page of a person who is logged in. */
export function Shell() {
  const { t } = useTranslation();
  const main = useRef<HTMLElement>(null);
  const setup = useQuery(setupQuery).data;
  const organization = useQuery(meQuery).data?.organization.name;
  const inChat = useParams({ strict: false, select: (params) => "chatId" in params });

  return (
    <Live>
      <Sending>
        <Linking>
          <CommandBar />
          <ReminderNotices />
          <button type="button" className={`${classes.skip} skip`} onClick={() => main.current?.focus()}>
            {t("common.skip")}
          </button>
          <AppShell
            layout="alt"
            header={{ height: 56 }}
            navbar={{ width: { base: 0, sm: 76, lg: 228 }, breakpoint: "sm", collapsed: { mobile: true } }}
            footer={{ height: { base: inChat ? 0 : 60, sm: 0 }, collapsed: false }}
          >
            <AppShell.Header className={classes.header}>
              <Group h="100%" px="md" justify="space-between" wrap="nowrap">
                <Group gap="xs" wrap="nowrap" miw={0}>
                  <Box hiddenFrom="sm" lh={0}>
                    <Mark size={28} />
                  </Box>
                  <Text fw={600} truncate>
                    {organization}
                  </Text>
                </Group>
                <Group gap="xs" wrap="nowrap">
                  <LiveNotice />
                  <AccountsDot />
                  <UserMenu />
                </Group>
              </Group>
            </AppShell.Header>

            <AppShell.Navbar className={classes.navbar} p="sm" visibleFrom="sm" aria-label={t("nav.main")}>
              <Group gap="sm" px={6} h={44} mb="sm" wrap="nowrap" className={classes.brand}>
                <Mark size={32} />
                <Title order={2} size="h4" visibleFrom="lg">
                  Pesan
                </Title>
              </Group>
              {PLACES.map((place) => (
                <PlaceLink key={place.to} place={place} />
              ))}
              <Text size="xs" c="dimmed" mt="auto" px={6} visibleFrom="lg">
                {setup && `Pesan ${setup.version}`}
              </Text>
            </AppShell.Navbar>

            <AppShell.Main ref={main} tabIndex={-1} className={classes.main}>
              {setup?.sandbox && <SandboxNote />}
              <div className={classes.page}>
                <Outlet />
              </div>
            </AppShell.Main>

            {!inChat && (
              <AppShell.Footer hiddenFrom="sm" className={classes.footer}>
                <nav aria-label={t("nav.main")} className={classes.tabs}>
                  {PLACES.map((place) => (
                    <PlaceLink key={place.to} place={place} />
                  ))}
                </nav>
              </AppShell.Footer>
            )}
          </AppShell>
        </Linking>
      </Sending>
    </Live>
  );
}

function PlaceLink({ place }: { place: Place }) {
  const { t } = useTranslation();
  const active = Boolean(useMatchRoute()({ to: place.to, fuzzy: true }));
  const may = useMay(place.needs ?? "accounts:read");
  const content = (
    <>
      <place.icon size={22} aria-hidden />
      <span>{t(`nav.${place.text}`)}</span>
    </>
  );
  if (!may) {
    return (
      <Tooltip label={t("common.notAllowed")} position="right">
        <UnstyledButton className={classes.place} aria-disabled data-disabled>
          {content}
        </UnstyledButton>
      </Tooltip>
    );
  }
  return (
    <Link
      to={place.to}
      className={classes.place}
      data-active={active || undefined}
      aria-current={active ? "page" : undefined}
    >
      {content}
    </Link>
  );
}

function LiveNotice() {
  const { t } = useTranslation();
  const live = useLive();
  return (
    <span role="status" className={classes.live}>
      {live === "lost" && (
        <Tooltip label={t("nav.liveLost")}>
          <Text size="sm" c="orange" truncate>
            {t("nav.liveLost")}
          </Text>
        </Tooltip>
      )}
    </span>
  );
}
