import { Avatar, Menu, Text, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { meQuery } from "~/api/queries";
import { forgetDrafts } from "~/features/chats/drafts";
import { useOutbox, usePendingCount } from "~/features/chats/Sending";
import { chooseLanguage, currentLanguage, isLanguage, LANGUAGES, type Language } from "~/i18n";
import { forgetFailures } from "~/ui/failures";
import { fetched } from "~/ui/fetched";
import { IconCheck, IconDesktop, IconLogout, IconMoon, IconSun } from "~/ui/icons";
import { notifyProblem } from "~/ui/notify";
import { settleHeld } from "~/ui/undo";
import { usePreferences } from "./preferences";

// Few are ever asked, so nobody waits for it.
const Confirm = fetched(async () => (await import("~/ui/Confirm")).Confirm);

const SCHEMES = [
  { value: "light", text: "light", icon: IconSun },
  { value: "dark", text: "dark", icon: IconMoon },
  { value: "auto", text: "system", icon: IconDesktop },
] as const;

/** Who is logged in, how the app looks and speaks, and the way out. */
export function UserMenu() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const client = useQueryClient();
  const router = useRouter();
  const user = useQuery(meQuery).data?.user;
  const language = currentLanguage();
  const { save } = usePreferences();
  const outbox = useOutbox();
  const pending = usePendingCount();
  const [asking, setAsking] = useState(false);
  const logout = useMutation({
    mutationFn: async () => {
      // What they deleted a moment ago is theirs to delete.
      await settleHeld();
      return ask(api.POST("/v1/logout"));
    },
    onSuccess: async () => {
      // Nothing that they wrote stays behind for whoever sits here next.
      forgetDrafts(outbox.user);
      await outbox.forget();
      forgetFailures();
      client.clear();
      await router.navigate({ to: "/login" });
    },
    onError: notifyProblem,
  });

  const choose = (code: Language) => {
    void chooseLanguage(code).catch(notifyProblem);
    // Mail speaks it too.
    if (user) save.mutate({ language: code });
  };

  return (
    <>
      <Menu width={240}>
        <Menu.Target>
          <UnstyledButton>
            <VisuallyHidden>{t("nav.menu")}</VisuallyHidden>
            <Avatar name={user?.name ?? "?"} color="teal" radius="xl" size={36} aria-hidden />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {user && (
            <>
              <Menu.Label>
                <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
                  {user.name}
                </Text>
                <Text size="xs" truncate>
                  {user.email}
                </Text>
              </Menu.Label>
              <Menu.Divider />
            </>
          )}
          <Menu.Label>{t("nav.theme")}</Menu.Label>
          {SCHEMES.map((scheme) => (
            <Menu.Item
              key={scheme.value}
              closeMenuOnClick={false}
              leftSection={<scheme.icon size={18} />}
              rightSection={colorScheme === scheme.value && <IconCheck size={16} />}
              onClick={() => setColorScheme(scheme.value)}
            >
              {t(`nav.${scheme.text}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Label>{t("nav.language")}</Menu.Label>
          {Object.entries(LANGUAGES).map(([code, { name }]) => (
            <Menu.Item
              key={code}
              lang={code}
              rightSection={code === language && <IconCheck size={16} />}
              onClick={() => isLanguage(code) && choose(code)}
            >
              {name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconLogout size={18} />}
            onClick={() => (pending > 0 ? setAsking(true) : logout.mutate())}
          >
            {t("nav.logout")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking && (
        <Confirm
          title={t("nav.logout")}
          text={t("nav.logoutPending", { count: pending })}
          act={t("nav.logoutAnyway")}
          busy={logout.isPending}
          onConfirm={() => logout.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
