import { Button, Card, SimpleGrid, Skeleton, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { accountsQuery, keys } from "~/api/queries";
import type { Account } from "~/api/types";
import { useLiveEvents } from "~/live/Live";
import { Allowed } from "~/ui/Allowed";
import { Confirm } from "~/ui/Confirm";
import { EmptyState } from "~/ui/EmptyState";
import { IconPhone, IconPlus, IconSearch } from "~/ui/icons";
import { Page } from "~/ui/Page";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { type Gravity, gravityOf } from "~/ui/StatePill";
import { AccountCard, type Wish } from "./AccountCard";
import { AddAccount } from "./AddAccount";
import { useDelete, useLogout, usePause } from "./actions";
import { HandlerDialog } from "./HandlerDialog";
import { HistoryDrawer } from "./HistoryDrawer";
import { useLink } from "./Linking";
import { Onboarding } from "./Onboarding";
import { PacingDialog } from "./PacingDialog";
import { RenameDialog } from "./RenameDialog";
import { SoundSwitch } from "./SoundSwitch";

const ORDER: Record<Gravity, number> = { person: 0, healing: 1, idle: 2, fine: 3 };

/** Problems first, then by name. */
export function sortAccounts(accounts: Account[]): Account[] {
  return accounts.toSorted((a, b) => ORDER[gravityOf(a)] - ORDER[gravityOf(b)] || a.name.localeCompare(b.name));
}

/** How long what waits to be sent may be shown older than it is. */
const QUEUES_MS = 2_000;

/** Events of messages do not carry how many wait now: that is read again, for many of them at once. */
function useFreshQueues() {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLiveEvents(({ type }) => {
    const changesQueue =
      type === "message.queued" ||
      type === "message.sent" ||
      type === "message.failed" ||
      type === "message.cancelled" ||
      type === "message.deleted";
    if (!(changesQueue || type === "message.received") || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.accounts });
      void client.invalidateQueries({ queryKey: keys.activity });
    }, QUEUES_MS);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
}

/** From this many accounts on there is a search field. */
const SEARCH_FROM = 9;

export function AccountsPage() {
  const { t } = useTranslation();
  useFreshQueues();
  const accounts = useQuery(accountsQuery);
  const [search, setSearch] = useState("");
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState<{ wish: Wish; id: string }>();
  const close = useCallback(() => setOpen(undefined), []);
  const link = useLink();
  const pause = usePause();
  const logout = useLogout();
  const remove = useDelete();

  const wish = (account: Account, wanted: Wish) => {
    if (wanted === "link") link(account);
    else if (wanted === "pause") pause.mutate(account.id);
    else setOpen({ wish: wanted, id: account.id });
  };

  const add = (
    <Allowed to="accounts:manage">
      <Button leftSection={<IconPlus size={18} />} onClick={() => setAdding(true)}>
        {t("account.add")}
      </Button>
    </Allowed>
  );
  // Problems come first, also before the first steps.
  const hasProblem = accounts.data?.some((account) => gravityOf(account) === "person") ?? false;
  const onboarding = accounts.data && <Onboarding accounts={accounts.data} onAdd={() => setAdding(true)} />;
  const opened = accounts.data?.find((account) => account.id === open?.id);
  const wanted = search.trim().toLowerCase();
  const shown = sortAccounts(accounts.data ?? []).filter((account) =>
    [account.name, account.phone, account.push_name].some((text) => text?.toLowerCase().includes(wanted)),
  );

  return (
    <Page title={t("account.title")} subtitle={t("account.subtitle")} action={accounts.data?.length ? add : undefined}>
      {!hasProblem && onboarding}
      {accounts.error && !accounts.data && (
        <ProblemAlert error={accounts.error} retry={() => void accounts.refetch()} />
      )}
      {accounts.isPending && (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {["a", "b", "c"].map((key) => (
            <Card key={key}>
              <Skeleton h={24} w="60%" />
              <Skeleton h={16} w="40%" mt="sm" />
              <Skeleton h={90} mt="lg" />
              <Skeleton h={36} mt="lg" />
            </Card>
          ))}
        </SimpleGrid>
      )}
      {accounts.data?.length === 0 && (
        <Card>
          <EmptyState icon={<IconPhone size={30} />} title={t("account.emptyTitle")} text={t("account.emptyText")}>
            {add}
          </EmptyState>
        </Card>
      )}
      {(accounts.data?.length ?? 0) >= SEARCH_FROM && (
        <TextInput
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          placeholder={t("account.search")}
          aria-label={t("account.search")}
          leftSection={<IconSearch size={18} />}
          maw={360}
        />
      )}
      {accounts.data && accounts.data.length > 0 && shown.length === 0 && (
        <Text c="dimmed">{t("account.noMatch")}</Text>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {shown.map((account) => (
          <AccountCard
            key={account.id}
            account={account}
            pausing={pause.isPending && pause.variables === account.id}
            onWish={(wanted) => wish(account, wanted)}
          />
        ))}
      </SimpleGrid>
      {hasProblem && onboarding}
      {accounts.data && accounts.data.length > 0 && <SoundSwitch />}

      {adding && (
        <AddAccount
          onClose={() => setAdding(false)}
          onCreated={(account) => {
            setAdding(false);
            link(account);
          }}
        />
      )}
      {opened && open?.wish === "history" && <HistoryDrawer account={opened} onClose={close} />}
      {opened && open?.wish === "pacing" && <PacingDialog account={opened} onClose={close} />}
      {opened && open?.wish === "handler" && <HandlerDialog account={opened} onClose={close} />}
      {opened && open?.wish === "rename" && <RenameDialog account={opened} onClose={close} />}
      {opened && open?.wish === "logout" && (
        <Confirm
          title={`${t("account.logout")}: ${opened.name}`}
          text={t("account.logoutText")}
          act={t("account.logoutConfirm")}
          word={opened.name}
          busy={logout.isPending}
          error={logout.error}
          onConfirm={() => logout.mutate(opened.id, { onSuccess: close })}
          onClose={() => {
            logout.reset();
            close();
          }}
        />
      )}
      {opened && open?.wish === "delete" && (
        <Confirm
          title={`${t("account.delete")}: ${opened.name}`}
          text={t("account.deleteText")}
          act={t("common.delete")}
          word={opened.name}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(opened, { onSuccess: close })}
          onClose={() => {
            remove.reset();
            close();
          }}
        />
      )}
    </Page>
  );
}
