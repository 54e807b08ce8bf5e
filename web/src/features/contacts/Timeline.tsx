import { ActionIcon, Anchor, Badge, Group, Menu, Skeleton, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Donation, TimelineEntry } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { IconBell, IconEdit, IconHeart, IconMerge, IconMore, IconNote, IconTrash, IconUser } from "~/ui/icons";
import { MoreButton } from "~/ui/MoreButton";
import { useMoney } from "~/ui/money";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";
import { day, full } from "~/ui/time";
import { useHeld } from "~/ui/undo";
import { VirtualList } from "~/ui/VirtualList";
import { useDeleteDonation } from "./actions";
import classes from "./Contacts.module.css";
import { DonationDialog } from "./DonationDialog";
import { timelineQuery } from "./queries";
import { Nothing, Section } from "./Section";

/** About how high what happened is. */
const ENTRY_PX = 54;

/** What happened with a person, newest first. */
export function Timeline({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(timelineQuery(contactId));
  const held = useHeld();
  const entries = (query.data?.pages.flatMap((page) => page.data) ?? []).filter((entry) => !held.has(entry.data.id));
  return (
    <Section title={t("contact.timeline")}>
      {query.error && !query.data && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Skeleton h={80} />}
      {query.isSuccess && entries.length === 0 && <Nothing text={t("contact.timelineEmpty")} />}
      <VirtualList
        rows={entries}
        keyOf={(entry) => `${entry.type}-${entry.data.id}`}
        estimate={ENTRY_PX}
        isMore={query.hasNextPage}
      >
        {(entry) => (
          <div className={classes.happened}>
            <Entry entry={entry} />
          </div>
        )}
      </VirtualList>
      <MoreButton query={query} fullWidth />
    </Section>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const { t } = useTranslation();
  switch (entry.type) {
    case "donation":
      return <DonationEntry donation={entry.data} />;
    case "note":
      return (
        <Line icon={<IconNote size={18} />} at={entry.at}>
          <Text size="sm" lineClamp={2} dir="auto">
            {entry.data.body}
          </Text>
        </Line>
      );
    case "reminder":
      return (
        <Line icon={<IconBell size={18} />} at={entry.at}>
          <Text size="sm" lineClamp={2} dir="auto" td={entry.data.status === "open" ? undefined : "line-through"}>
            {entry.data.text}
          </Text>
        </Line>
      );
    case "merge":
      return (
        <Line icon={<IconMerge size={18} />} at={entry.at}>
          {t(entry.data.undone_at ? "contact.mergedUndone" : "contact.mergedWith", { name: entry.data.other.name })}
        </Line>
      );
    case "first_contact":
      return (
        <Line icon={<IconUser size={18} />} at={entry.at}>
          {t("contact.firstContact")}
        </Line>
      );
  }
}

function Line(props: { icon: ReactNode; at: string; when?: string; action?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.entry}>
      {props.icon}
      <div>
        {props.children}
        <Text size="xs" c="dimmed" title={props.when ? undefined : full(props.at)}>
          {props.when ?? day(props.at)}
        </Text>
      </div>
      {props.action}
    </div>
  );
}

function DonationEntry({ donation }: { donation: Donation }) {
  const { t } = useTranslation();
  const money = useMoney();
  const may = useMay("donations:write");
  const [isCorrecting, setCorrecting] = useState(false);
  const remove = useDeleteDonation();
  const amount = money(donation.amount, donation.currency);
  const date = day(donation.given_on);
  const facts = [t(`donor.${donation.method}_method`), donation.fund].filter(Boolean).join(" · ");
  const action = (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" disabled={!may} aria-label={t("donor.actions", { amount })}>
          <IconMore size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconEdit size={16} />} onClick={() => setCorrecting(true)}>
          {t("donor.correct")}
        </Menu.Item>
        <Menu.Item c="var(--problem)" leftSection={<IconTrash size={16} />} onClick={() => remove(donation)}>
          {t("common.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <Line icon={<IconHeart size={18} />} at={donation.created_at} when={date} action={action}>
      <Group gap={6}>
        <Text
          size="sm"
          fw={600}
          className={classes.figure}
          td={donation.status === "refunded" ? "line-through" : undefined}
        >
          {amount}
        </Text>
        {donation.status !== "confirmed" && (
          <Badge size="xs" variant="light" color={donation.status === "pending" ? "yellow" : "gray"}>
            {t(`donor.status_${donation.status}`)}
          </Badge>
        )}
      </Group>
      <Text size="sm" dir="auto">
        {facts}
      </Text>
      {donation.note && (
        <Text size="sm" c="dimmed" lineClamp={2} dir="auto">
          {donation.note}
        </Text>
      )}
      {donation.media_id && (
        <Anchor size="sm" href={`/v1/media/${donation.media_id}/content`} target="_blank" rel="noreferrer">
          {t("donor.receipt")}
        </Anchor>
      )}
      <RowProblem of={donation.id} />
      {isCorrecting && (
        <DonationDialog contactId={donation.contact_id} donation={donation} onClose={() => setCorrecting(false)} />
      )}
    </Line>
  );
}
