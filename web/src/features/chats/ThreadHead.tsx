import { ActionIcon, Avatar, Button, Text, Title, Tooltip, useDirection, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { colleaguesQuery, keys, meQuery, tagsQuery, teamsQuery } from "~/api/queries";
import type { Account, Chat } from "~/api/types";
import { PanelToggle } from "~/features/contacts/ContactPanel";
import { TagBadge } from "~/features/tags/TagBadge";
import { TagPicker } from "~/features/tags/TagPicker";
import type { Present } from "~/live/presence";
import { useMay } from "~/ui/Allowed";
import { type Command, type Hotkey, useCommands } from "~/ui/commands";
import { useFresh } from "~/ui/fresh";
import {
  IconBack,
  IconCheck,
  IconReplay,
  IconSearch,
  IconStar,
  IconStarred,
  IconTag,
  IconUnread,
  IconUser,
} from "~/ui/icons";
import { inSentence } from "~/ui/names";
import { Picker } from "~/ui/Picker";
import { when } from "~/ui/time";
import { ChatAvatar } from "./ChatAvatar";
import { elsewhere } from "./filters";
import { type Organize, useOrganize } from "./organize";
import { Snooze } from "./Snooze";
import classes from "./ThreadHead.module.css";
import { useTyping } from "./typing";

interface Props {
  chat: Chat;
  account: Account | undefined;
  present: Present[];
}

/** Which list is open. */
type Open = "assign" | "snooze" | "tags" | undefined;

/** Who a chat is with, who looks after it, and what can be done with it. */
export function ThreadHead({ chat, account, present }: Props) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const typing = useTyping(chat.id);
  const tags = useQuery(tagsQuery).data ?? [];
  const number = /^(\d{5,})@s\.whatsapp\.net$/.exec(chat.address)?.[1];
  const facts = [
    chat.is_group ? t("chat.group") : number && `+${number}` !== chat.name && `\u2066+${number}\u2069`,
    account && inSentence(account.name, dir),
    chat.status === "closed" && t("inbox.closed"),
    chat.snoozed_until && t("inbox.snoozedUntil", { time: when(chat.snoozed_until) }),
  ];
  return (
    <header className={classes.head}>
      <ActionIcon
        renderRoot={(props) => <Link {...props} to="/chats" search={elsewhere} />}
        variant="subtle"
        color="gray"
        size="lg"
        hiddenFrom="sm"
        aria-label={t("chat.back")}
      >
        <IconBack size={22} className={classes.flip} />
      </ActionIcon>
      <ChatAvatar chat={chat} size={40} />
      <div className={classes.who}>
        <Title order={1} size="h5" className={classes.name} dir="auto">
          {chat.name}
        </Title>
        <div className={classes.facts}>
          <Text size="xs" c={typing ? "teal" : "dimmed"} truncate aria-live="polite">
            {typing ? (typing.recording ? t("chat.recording") : t("chat.typing")) : facts.filter(Boolean).join(" · ")}
          </Text>
          {tags
            .filter((tag) => chat.tag_ids.includes(tag.id))
            .map((tag) => (
              <TagBadge key={tag.id} tag={tag} className={classes.tag} />
            ))}
        </div>
      </div>
      <Colleagues present={present} />
      <div className={classes.toggle}>
        <ActionIcon
          renderRoot={(props) => (
            <Link {...props} to="." search={(known) => ({ ...known, within: true, message: undefined })} />
          )}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("search.here")}
          title={t("search.here")}
        >
          <IconSearch size={20} />
        </ActionIcon>
        <PanelToggle />
      </div>
      <Tools chat={chat} />
    </header>
  );
}

function Colleagues({ present }: { present: Present[] }) {
  const { t } = useTranslation();
  if (present.length === 0) return null;
  return (
    <Avatar.Group spacing="xs" role="group" aria-label={t("inbox.colleagues")}>
      {present.slice(0, 3).map((each) => (
        <Tooltip key={each.id} label={t(each.isTyping ? "inbox.typing" : "inbox.viewing", { names: each.name })}>
          <Avatar size={28} name={each.name} color="initials" role="img" aria-label={each.name} />
        </Tooltip>
      ))}
    </Avatar.Group>
  );
}

function Tools({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const may = useMay("messages:send");
  const [open, setOpen] = useState<Open>();
  const organize = useOrganize(chat);
  const opener = (what: Open) => (opened: boolean) => setOpen(opened ? what : undefined);
  useTools(chat, organize, may, setOpen);
  const title = (name: string, key: string) => (may ? `${name} (${key})` : t("common.notAllowed"));

  return (
    <div className={classes.tools} role="toolbar" aria-label={t("command.chat")}>
      <Assign chat={chat} organize={organize} disabled={!may} opened={open === "assign"} onOpened={opener("assign")} />
      {chat.status === "open" ? (
        <Button
          size="xs"
          className={classes.main}
          leftSection={<IconCheck size={16} />}
          disabled={!may}
          title={title(t("inbox.close"), "E")}
          onClick={organize.close}
        >
          <span className={classes.word}>{t("inbox.close")}</span>
        </Button>
      ) : (
        <Button
          size="xs"
          variant="light"
          className={classes.main}
          leftSection={<IconReplay size={16} />}
          disabled={!may}
          title={title(t("inbox.reopen"), "E")}
          onClick={organize.reopen}
        >
          <span className={classes.word}>{t("inbox.reopen")}</span>
        </Button>
      )}
      <Snooze opened={open === "snooze"} onOpened={opener("snooze")} disabled={!may} onSnooze={organize.snooze} />
      <ActionIcon
        variant="subtle"
        color={chat.is_starred ? "yellow" : "gray"}
        size="lg"
        disabled={!may}
        aria-pressed={chat.is_starred}
        aria-label={chat.is_starred ? t("inbox.unstar") : t("inbox.star")}
        title={title(chat.is_starred ? t("inbox.unstar") : t("inbox.star"), "S")}
        onClick={organize.toggleStar}
      >
        {chat.is_starred ? <IconStarred size={20} /> : <IconStar size={20} />}
      </ActionIcon>
      <Tags chat={chat} organize={organize} disabled={!may} opened={open === "tags"} onOpened={opener("tags")} />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        disabled={!may}
        aria-label={t("inbox.markUnread")}
        title={title(t("inbox.markUnread"), "U")}
        onClick={organize.markUnread}
      >
        <IconUnread size={20} />
      </ActionIcon>
    </div>
  );
}

/** What can be done with the chat by key and by name. */
function useTools(chat: Chat, organize: Organize, may: boolean, open: (what: Open) => void): void {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data?.user?.id;
  const latest = useRef(organize);
  latest.current = organize;
  const { status, is_starred } = chat;
  const isMine = me !== undefined && chat.assignee_id === me;
  const commands = useMemo(() => {
    const disabled = may ? undefined : t("common.notAllowed");
    const command = (id: string, label: string, hotkey: Hotkey | undefined, run: () => void): Command => ({
      id,
      group: "chat",
      label,
      disabled,
      run,
      ...(hotkey && { hotkey }),
    });
    const isOpen = status === "open";
    return [
      command("close", t(isOpen ? "inbox.close" : "inbox.reopen"), "e", () =>
        isOpen ? latest.current.close() : latest.current.reopen(),
      ),
      command("snooze", t("inbox.snooze"), "m", () => open("snooze")),
      command("assign", t("inbox.assign"), "a", () => open("assign")),
      ...(me && !isMine
        ? [command("take", `${t("inbox.assign")}: ${t("inbox.toMe")}`, undefined, () => latest.current.assign(me))]
        : []),
      command("star", t(is_starred ? "inbox.unstar" : "inbox.star"), "s", () => latest.current.toggleStar()),
      command("unread", t("inbox.markUnread"), "u", () => latest.current.markUnread()),
      command("tags", t("inbox.tags"), "l", () => open("tags")),
    ];
  }, [t, may, status, is_starred, me, isMine, open]);
  useCommands(commands);
}

interface ToolProps {
  chat: Chat;
  organize: Organize;
  disabled: boolean;
  opened: boolean;
  onOpened(opened: boolean): void;
}

const NOBODY = "";

function Assign({ chat, organize, disabled, opened, onOpened }: ToolProps) {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data?.user?.id;
  const people = useQuery(colleaguesQuery).data ?? [];
  const teams = useQuery(teamsQuery).data ?? [];
  useFresh(opened, keys.colleagues, keys.teams);
  const name = chat.assignee_id
    ? (people.find((person) => person.id === chat.assignee_id)?.name ?? t("inbox.somebody"))
    : undefined;
  const team = teams.find((each) => each.id === chat.team_id)?.name;
  const shown = [name ?? t("inbox.assign"), team].filter(Boolean).join(" · ");
  const others = people.filter((person) => person.id !== me);
  const own = people.filter((person) => person.id === me);
  const option = (value: string, label: string, checked: boolean) => ({ value, label, checked });
  return (
    <Picker
      opened={opened}
      onOpened={onOpened}
      search={t("inbox.findPerson")}
      onPick={(value) => {
        const [kind, id = NOBODY] = value.split(" ");
        const chosen = id === NOBODY ? null : id;
        if (kind === "team") organize.setTeam(chosen);
        else organize.assign(chosen);
      }}
      groups={[
        {
          label: t("inbox.assignee"),
          options: [
            ...own.map((person) =>
              option(`user ${person.id}`, `${person.name} (${t("inbox.toMe")})`, person.id === chat.assignee_id),
            ),
            option("user ", t("inbox.nobody"), chat.assignee_id == null),
            ...others.map((person) => option(`user ${person.id}`, person.name, person.id === chat.assignee_id)),
          ],
        },
        ...(teams.length > 0
          ? [
              {
                label: t("inbox.team"),
                options: [
                  option("team ", t("inbox.noTeam"), chat.team_id == null),
                  ...teams.map((each) => option(`team ${each.id}`, each.name, each.id === chat.team_id)),
                ],
              },
            ]
          : []),
      ]}
    >
      <Button
        size="xs"
        variant="default"
        disabled={disabled}
        leftSection={
          name ? <Avatar size={18} name={name} color="initials" aria-hidden /> : <IconUser size={16} aria-hidden />
        }
        aria-expanded={opened}
        aria-haspopup="listbox"
        title={disabled ? t("common.notAllowed") : `${t("inbox.assign")} (A)`}
        onClick={() => onOpened(!opened)}
        className={classes.assign}
      >
        <span className={classes.assignee} dir="auto" aria-hidden>
          {shown}
        </span>
        {/* What is seen is in it, as whoever speaks to the page says what they see. */}
        <VisuallyHidden>{name ? t("inbox.assignedTo", { name: shown }) : shown}</VisuallyHidden>
      </Button>
    </Picker>
  );
}

function Tags({ chat, organize, disabled, opened, onOpened }: ToolProps) {
  const { t } = useTranslation();
  return (
    <TagPicker tagIds={chat.tag_ids} onChange={organize.setTags} opened={opened} onOpened={onOpened}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        disabled={disabled}
        aria-label={t("inbox.tags")}
        aria-expanded={opened}
        aria-haspopup="listbox"
        title={disabled ? t("common.notAllowed") : `${t("inbox.tags")} (L)`}
        onClick={() => onOpened(!opened)}
      >
        <IconTag size={20} />
      </ActionIcon>
    </TagPicker>
  );
}
