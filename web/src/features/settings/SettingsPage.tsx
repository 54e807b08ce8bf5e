import { Tabs } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import type { Permission } from "~/api/types";
import { SETTINGS_TABS, type SettingsTab } from "~/app/router";
import { ContactSettings } from "~/features/contacts/ContactSettings";
import { AutomaticSettings } from "~/features/replies/AutomaticSettings";
import { QuickReplySettings } from "~/features/replies/QuickReplySettings";
import { useMay } from "~/ui/Allowed";
import {
  IconAutomatic,
  IconChats,
  IconHeart,
  IconHistory,
  IconKey,
  IconReplies,
  IconSettings,
  IconUser,
  IconUsers,
} from "~/ui/icons";
import { Page } from "~/ui/Page";
import { ApiKeys } from "./ApiKeys";
import { AuditLog } from "./AuditLog";
import { InboxSettings } from "./InboxSettings";
import { Members } from "./Members";
import { OrganizationSettings } from "./OrganizationSettings";
import { Quarantine } from "./Quarantine";
import classes from "./SettingsPage.module.css";
import { You } from "./You";

const route = getRouteApi("/shell/settings");

const TABS: Record<
  SettingsTab,
  { icon: ComponentType<{ size?: number | string }>; needs?: Permission; panel: ComponentType }
> = {
  you: { icon: IconUser, panel: You },
  organization: { icon: IconSettings, needs: "organization:manage", panel: OrganizationSettings },
  keys: { icon: IconKey, needs: "keys:manage", panel: ApiKeys },
  members: { icon: IconUsers, needs: "members:manage", panel: Members },
  inbox: { icon: IconChats, needs: "organization:manage", panel: InboxSettings },
  replies: { icon: IconReplies, needs: "messages:read", panel: QuickReplySettings },
  automatic: { icon: IconAutomatic, needs: "organization:manage", panel: AutomaticSettings },
  contacts: { icon: IconHeart, needs: "contacts:manage", panel: ContactSettings },
  audit: { icon: IconHistory, needs: "audit:read", panel: AuditLog },
};

/** Puts it in the middle of the line of tabs, and does not move the page. */
function inSight(tab: HTMLElement | null): void {
  const line = tab?.parentElement;
  if (!tab || !line) return;
  const middleOf = (element: Element) => {
    const { left, width } = element.getBoundingClientRect();
    return left + width / 2;
  };
  line.scrollLeft += middleOf(tab) - middleOf(line);
}

export function SettingsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const tab = route.useSearch().tab ?? "you";
  const may: Record<SettingsTab, boolean> = {
    you: true,
    organization: useMay("organization:manage"),
    keys: useMay("keys:manage"),
    members: useMay("members:manage"),
    inbox: useMay("organization:manage"),
    replies: useMay("messages:read"),
    automatic: useMay("organization:manage"),
    contacts: useMay("contacts:manage"),
    audit: useMay("audit:read"),
  };
  const mayRepair = useMay("accounts:manage");
  const { panel: Panel } = TABS[tab];
  return (
    <Page title={t("settings.title")}>
      {mayRepair && <Quarantine />}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          void navigate({ to: "/settings", search: { tab: SETTINGS_TABS.find((known) => known === value) } })
        }
      >
        <Tabs.List mb="lg" className={classes.tabs}>
          {SETTINGS_TABS.map((each) => {
            const { icon: Icon } = TABS[each];
            return (
              <Tabs.Tab
                key={each}
                // Where they do not all fit side by side, the chosen one is in sight.
                ref={each === tab ? inSight : undefined}
                value={each}
                leftSection={<Icon size={18} />}
                disabled={!may[each]}
              >
                {each === "you" ? t("people.you") : each === "inbox" ? t("organize.tab") : t(`settings.${each}`)}
              </Tabs.Tab>
            );
          })}
        </Tabs.List>
        <Tabs.Panel value={tab}>{may[tab] && <Panel />}</Tabs.Panel>
      </Tabs>
    </Page>
  );
}
