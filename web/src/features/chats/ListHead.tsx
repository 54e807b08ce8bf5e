import {
  ActionIcon,
  Badge,
  Group,
  Menu,
  SegmentedControl,
  Title,
  Tooltip,
  UnstyledButton,
  useDirection,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { accountsQuery, countersQuery, meQuery, tagsQuery, teamsQuery } from "~/api/queries";
import { Allowed, useMay } from "~/ui/Allowed";
import { IconCheck, IconClose, IconFilter, IconNewMessage } from "~/ui/icons";
import { Strip } from "~/ui/Strip";
import { type ChatsSearch, isNarrowed, isSearchable, SEGMENTS, STATUSES, widened } from "./filters";
import classes from "./ListHead.module.css";
import { SearchField } from "./SearchField";

/** Minutes that a list of who waits can ask for. */
const WAITS = [15, 60, 240, 1440] as const;

interface Props {
  search: ChatsSearch;
  chatId: string | undefined;
  onNew(): void;
}

/** Whose chats, which of them, and how many there are. */
export function ListHead({ search, chatId, onNew }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const set = (change: ChatsSearch) => void navigate({ to: ".", search: (known) => ({ ...known, ...change }) });

  return (
    <div className={classes.head}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3">
          {t("chat.title")}
        </Title>
        <Allowed to="messages:send">
          <Tooltip label={t("chat.new")}>
            <ActionIcon size="lg" radius="md" onClick={onNew} aria-label={t("chat.new")}>
              <IconNewMessage size={20} />
            </ActionIcon>
          </Tooltip>
        </Allowed>
      </Group>
      <SearchField search={search} chatId={chatId} />
      {!isSearchable(search.q) && (
        <>
          <Whose search={search} set={set} />
          <Chips search={search} set={set} />
        </>
      )}
    </div>
  );
}

interface Part {
  search: ChatsSearch;
  set(change: ChatsSearch): void;
}

function Whose({ search, set }: Part) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const isPerson = useQuery(meQuery).data?.user != null;
  const shown = useCounts(search.account);
  const of = (count: number | undefined) =>
    count ? (
      <Badge size="xs" variant="default" className={classes.count}>
        {count > 9_999 ? "9999+" : count}
      </Badge>
    ) : null;
  const whose = search.assignee === "me" || search.assignee === "none" ? search.assignee : "all";
  return (
    <SegmentedControl
      key={dir}
      size="xs"
      fullWidth
      classNames={{ control: classes.whose, label: classes.whoseLabel }}
      aria-label={t("inbox.whose")}
      value={whose}
      onChange={(value) => set({ assignee: value === "all" ? undefined : value })}
      data={[
        {
          value: "me",
          disabled: !isPerson,
          label: (
            <span className={classes.tab}>
              {t("inbox.mine")}
              {of(shown?.mine)}
            </span>
          ),
        },
        {
          value: "none",
          label: (
            <span className={classes.tab}>
              {t("inbox.unassigned")}
              {of(shown?.unassigned)}
            </span>
          ),
        },
        {
          value: "all",
          label: (
            <span className={classes.tab}>
              {t("inbox.all")}
              {of(shown?.open)}
            </span>
          ),
        },
      ]}
    />
  );
}

/** How many chats there are, of an account when one is asked for. */
function useCounts(account: string | undefined) {
  const counters = useQuery(countersQuery).data;
  if (account === undefined) return counters;
  // Of an account without chats nothing is counted.
  return counters?.accounts.find((counts) => counts.account_id === account);
}

function Chips({ search, set }: Part) {
  const { t } = useTranslation();
  const counts = useCounts(search.account);
  const mayDonations = useMay("donations:read");
  const navigate = useNavigate();
  const accounts = useQuery(accountsQuery).data ?? [];
  const tags = useQuery(tagsQuery).data ?? [];
  const teams = useQuery(teamsQuery).data ?? [];
  const time = (minutes: number) =>
    minutes < 60 ? t("inbox.minutes", { count: minutes }) : t("inbox.hours", { count: minutes / 60 });
  const waits = search.waiting === undefined || WAITS.some((minutes) => minutes === search.waiting);

  return (
    <Strip className={classes.chips} label={t("inbox.filters")}>
      <Toggle on={search.unread === true} count={counts?.unread} onToggle={(on) => set({ unread: on || undefined })}>
        {t("chat.unread")}
      </Toggle>
      <Toggle on={search.starred === true} count={counts?.starred} onToggle={(on) => set({ starred: on || undefined })}>
        {t("inbox.starred")}
      </Toggle>
      <Toggle on={search.due === true} count={counts?.reminder_due} onToggle={(on) => set({ due: on || undefined })}>
        {t("inbox.reminderDue")}
      </Toggle>
      <Choice
        name={t("inbox.waiting")}
        value={search.waiting === undefined ? undefined : String(search.waiting)}
        chosen={search.waiting === undefined ? undefined : `${t("inbox.waiting")} ${time(search.waiting)}`}
        options={[...WAITS, ...(waits ? [] : [search.waiting ?? 0])].map((minutes) => ({
          value: String(minutes),
          label: t("inbox.waitingFor", { time: time(minutes) }),
        }))}
        onChoose={(value) => set({ waiting: value === undefined ? undefined : Number(value) })}
      />
      <Choice
        name={t("inbox.status")}
        value={search.status}
        options={[
          ...STATUSES.filter((status) => status !== "open").map((status) => ({
            value: status as string,
            label: t(`inbox.${status}`),
          })),
          { value: "all", label: t("inbox.anyStatus") },
        ]}
        none={t("inbox.open")}
        onChoose={(value) => set({ status: value as ChatsSearch["status"] })}
      />
      {accounts.length > 1 && (
        <Choice
          name={t("chat.account")}
          value={search.account}
          options={accounts.map((account) => ({ value: account.id, label: account.name }))}
          none={t("inbox.anyAccount")}
          onChoose={(account) => set({ account })}
        />
      )}
      <Choice
        name={t("inbox.tag")}
        value={search.tag}
        options={tags.map((tag) => ({ value: tag.id, label: tag.name }))}
        none={tags.length > 0 ? t("inbox.anyTag") : t("inbox.noTags")}
        onChoose={(tag) => set({ tag })}
      />
      {teams.length > 0 && (
        <Choice
          name={t("inbox.team")}
          value={search.team}
          options={teams.map((team) => ({ value: team.id, label: team.name }))}
          none={t("inbox.anyTeam")}
          onChoose={(team) => set({ team })}
        />
      )}
      {mayDonations && (
        <Choice
          name={t("inbox.segment")}
          value={search.segment}
          options={SEGMENTS.map((segment) => ({ value: segment, label: t(`donor.segment_${segment}`) }))}
          none={t("inbox.anySegment")}
          onChoose={(segment) => set({ segment: SEGMENTS.find((known) => known === segment) })}
        />
      )}
      {isNarrowed(search) && (
        <UnstyledButton
          className={classes.chip}
          onClick={() => void navigate({ to: ".", search: (known) => widened(known as ChatsSearch) })}
        >
          <IconClose size={14} aria-hidden />
          {t("inbox.clear")}
        </UnstyledButton>
      )}
    </Strip>
  );
}

interface ToggleProps {
  on: boolean;
  count: number | undefined;
  onToggle(on: boolean): void;
  children: ReactNode;
}

function Toggle({ on, count, onToggle, children }: ToggleProps) {
  return (
    <UnstyledButton className={classes.chip} data-on={on || undefined} aria-pressed={on} onClick={() => onToggle(!on)}>
      {on && <IconCheck size={14} aria-hidden />}
      {children}
      {count ? <span className={classes.count}>{count > 9_999 ? "9999+" : count}</span> : null}
    </UnstyledButton>
  );
}

interface ChoiceProps {
  name: string;
  value: string | undefined;
  /** What the chip says when something is chosen; the option itself when it is left out. */
  chosen?: string | undefined;
  options: { value: string; label: string }[];
  /** What choosing nothing is called; the chip's name when it is left out. */
  none?: string;
  onChoose(value: string | undefined): void;
}

function Choice({ name, value, chosen, options, none, onChoose }: ChoiceProps) {
  const label = chosen ?? options.find((option) => option.value === value)?.label ?? (value && name);
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <UnstyledButton
          className={classes.chip}
          data-on={value !== undefined || undefined}
          aria-label={value !== undefined ? `${name}: ${label}` : name}
        >
          <span className={classes.chosen} dir="auto">
            {value !== undefined ? label : name}
          </span>
          <IconFilter size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        {none !== undefined && (
          <Menu.Item rightSection={value === undefined && <IconCheck size={16} />} onClick={() => onChoose(undefined)}>
            {none}
          </Menu.Item>
        )}
        {options.map((option) => (
          <Menu.Item
            key={option.value}
            rightSection={value === option.value && <IconCheck size={16} />}
            onClick={() => onChoose(value === option.value ? undefined : option.value)}
          >
            <span dir="auto">{option.label}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
