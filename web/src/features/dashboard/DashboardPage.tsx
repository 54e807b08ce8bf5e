import { Alert, Button, Card, Group, Select, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accountsQuery, countersQuery } from "~/api/queries";
import type { Account, ChatCounters, Statistics } from "~/api/types";
import { usePolling } from "~/live/Live";
import { EmptyState } from "~/ui/EmptyState";
import { IconChart } from "~/ui/icons";
import { useMoney } from "~/ui/money";
import { Page } from "~/ui/Page";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { AccountTable, lasting, rate } from "./AccountTable";
import { DayChart } from "./DayChart";
import { DonationsDialog } from "./DonationsDialog";
import { Figure, FigureButton, FigureLink } from "./FigureCard";
import { FailedDialog, NewContactsDialog } from "./FigureDialogs";
import { whole } from "./numbers";
import { DEFAULT_DAYS, type FigureList, PERIODS } from "./period";
import { statisticsQuery, useFreshFigures } from "./queries";
import { Times } from "./Times";

const route = getRouteApi("/shell/dashboard");

/** What there is right now, and what happened day by day. */
export function DashboardPage() {
  const { t } = useTranslation();
  const navigate = route.useNavigate();
  const { days = DEFAULT_DAYS, account, donations, list } = route.useSearch();
  const polling = usePolling();
  useFreshFigures();
  const statistics = useQuery({
    ...statisticsQuery(days, account),
    refetchInterval: polling,
    placeholderData: keepPreviousData,
  });
  const accounts = useQuery({ ...accountsQuery, refetchInterval: polling });
  const counters = useQuery({ ...countersQuery, refetchInterval: polling });
  const found = statistics.data;
  const closeList = () => void navigate({ search: (known) => ({ ...known, list: undefined }), replace: true });
  const name = (count: number) =>
    count === 1 ? t("dashboard.today") : count === 365 ? t("dashboard.year") : t("dashboard.days", { count });

  const choices = (
    <Group gap="sm">
      <Select
        aria-label={t("dashboard.account")}
        data={[
          { value: "", label: t("dashboard.allAccounts") },
          ...(accounts.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={account ?? ""}
        onChange={(value) =>
          void navigate({ search: (known) => ({ ...known, account: value || undefined }), replace: true })
        }
        allowDeselect={false}
        w={180}
      />
      <Select
        aria-label={t("dashboard.period")}
        data={PERIODS.map((each) => ({ value: String(each), label: name(each) }))}
        value={String(days)}
        onChange={(value) =>
          void navigate({
            search: (known) => ({ ...known, days: PERIODS.find((each) => String(each) === value) }),
            replace: true,
          })
        }
        allowDeselect={false}
        w={150}
      />
    </Group>
  );

  return (
    <Page
      title={t("dashboard.title")}
      subtitle={found && t("dashboard.subtitle", { zone: found.time_zone })}
      action={choices}
    >
      {statistics.error && !found && <ProblemAlert error={statistics.error} retry={() => void statistics.refetch()} />}
      {!found && statistics.isPending && <Waiting />}
      {found && !found.is_complete && <Alert color="yellow">{t("dashboard.counting")}</Alert>}
      {[accounts, counters].map(
        (query) =>
          query.error &&
          !query.data && (
            <ProblemAlert
              key={query === accounts ? "accounts" : "counters"}
              error={query.error}
              retry={() => void query.refetch()}
            />
          ),
      )}
      <Now accounts={accounts.data} counters={counters.data} account={account} />
      {found && accounts.data?.length === 0 && isQuiet(found) ? (
        <Card>
          <EmptyState icon={<IconChart size={30} />} title={t("dashboard.emptyTitle")} text={t("dashboard.emptyText")}>
            <Button mt="sm" renderRoot={(props) => <Link to="/accounts" {...props} />}>
              {t("dashboard.emptyAct")}
            </Button>
          </EmptyState>
        </Card>
      ) : (
        found && (
          <InPeriod
            found={found}
            onDonations={() => void navigate({ search: (known) => ({ ...known, donations: true }) })}
            onList={(opened) => void navigate({ search: (known) => ({ ...known, list: opened }) })}
          />
        )
      )}
      {found && !isQuiet(found) && (
        <>
          <DayChart days={found.days} />
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Times title={t("dashboard.replyTimes")} times={found.reply_times} />
            <Times title={t("dashboard.readTimes")} times={found.read_times} />
          </SimpleGrid>
          {found.accounts.length > 0 && <AccountTable figures={found.accounts} accounts={accounts.data ?? []} />}
        </>
      )}
      {found && list === "failed" && (
        <FailedDialog from={found.from} to={found.to} account={account} onClose={closeList} />
      )}
      {found && list === "contacts" && <NewContactsDialog from={found.from} to={found.to} onClose={closeList} />}
      {found && donations && (
        <DonationsDialog
          from={found.from}
          to={found.to}
          onClose={() => void navigate({ search: (known) => ({ ...known, donations: undefined }), replace: true })}
        />
      )}
    </Page>
  );
}

/** Whether no message went either way. */
function isQuiet({ total: { messages } }: Statistics): boolean {
  return messages.received + messages.sent + messages.failed === 0;
}

function Waiting() {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }}>
      {["a", "b", "c", "d"].map((key) => (
        <Skeleton key={key} h={104} />
      ))}
    </SimpleGrid>
  );
}

/** Accounts and chats as they are at this moment. */
function Now(props: {
  accounts: readonly Account[] | undefined;
  counters: ChatCounters | undefined;
  account: string | undefined;
}) {
  const { t } = useTranslation();
  const { accounts, counters, account } = props;
  // Nothing is better than a 0 that nobody counted.
  if (!accounts || !counters) return <Waiting />;
  const connected = accounts.filter(({ state }) => state === "connected").length;
  const none = { open: 0, unassigned: 0, unread: 0 };
  const of = account ? (counters.accounts.find(({ account_id }) => account_id === account) ?? none) : counters;
  return (
    <Stack component="section" gap="sm" aria-label={t("dashboard.now")}>
      <Title order={2} size="h4">
        {t("dashboard.now")}
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 4 }}>
        <FigureLink
          label={t("dashboard.accounts")}
          value={t("dashboard.accountsOf", { connected: whole(connected), count: accounts.length })}
          open={t("dashboard.openAccounts")}
          to="/accounts"
        />
        <FigureLink
          label={t("dashboard.openChats")}
          value={whole(of.open)}
          hint={t("dashboard.openChatsHint")}
          open={t("dashboard.openChatsList")}
          to="/chats"
          search={{ account }}
        />
        <FigureLink
          label={t("dashboard.unassigned")}
          value={whole(of.unassigned)}
          open={t("dashboard.openChatsList")}
          to="/chats"
          search={{ account, assignee: "none" }}
        />
        <FigureLink
          label={t("dashboard.unread")}
          value={whole(of.unread)}
          open={t("dashboard.openChatsList")}
          to="/chats"
          search={{ account, unread: true, status: "all" }}
        />
      </SimpleGrid>
    </Stack>
  );
}

/** All days together. */
function InPeriod(props: { found: Statistics; onDonations(): void; onList(list: FigureList): void }) {
  const { t } = useTranslation();
  const money = useMoney();
  const { found, onDonations, onList } = props;
  const { messages, replies, median_reply_secs, new_contacts, donations } = found.total;
  const gifts = donations?.reduce((sum, each) => sum + each.gifts, 0) ?? 0;
  return (
    <Stack component="section" gap="sm" aria-label={t("dashboard.inPeriod")}>
      <Title order={2} size="h4">
        {t("dashboard.inPeriod")}
      </Title>
      {isQuiet(found) && <Text c="dimmed">{t("dashboard.quiet")}</Text>}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }}>
        <Figure label={t("dashboard.received")} value={whole(messages.received)} />
        <Figure label={t("dashboard.sent")} value={whole(messages.sent)} />
        <FigureButton
          label={t("dashboard.failed")}
          value={whole(messages.failed)}
          open={t("dashboard.openFailed")}
          onOpen={() => onList("failed")}
        />
        <Figure
          label={t("dashboard.firstReply")}
          value={lasting(median_reply_secs)}
          hint={replies > 0 ? t("dashboard.firstReplyHint", { count: replies }) : undefined}
        />
        <Figure
          label={t("dashboard.deliveryRate")}
          value={rate(messages.delivered, messages.sent)}
          hint={t("dashboard.deliveryRateHint")}
        />
        <Figure
          label={t("dashboard.readRate")}
          value={rate(messages.read, messages.delivered)}
          hint={t("dashboard.readRateHint")}
        />
        <Figure
          label={t("dashboard.readTime")}
          value={lasting(found.read_times.median_secs)}
          hint={found.read_times.count > 0 ? t("dashboard.readTimeHint", { count: found.read_times.count }) : undefined}
        />
        {new_contacts !== null && (
          <FigureButton
            label={t("dashboard.newContacts")}
            value={whole(new_contacts)}
            open={t("dashboard.openContacts")}
            onOpen={() => onList("contacts")}
          />
        )}
        {donations !== null && (
          <FigureButton
            label={t("dashboard.donations")}
            value={
              donations.length === 0
                ? t("dashboard.none")
                : donations.map(({ amount, currency }) => money(amount, currency)).join(" · ")
            }
            hint={gifts > 0 ? t("dashboard.gifts", { count: gifts }) : undefined}
            open={t("dashboard.openDonations")}
            onOpen={onDonations}
          />
        )}
      </SimpleGrid>
    </Stack>
  );
}
