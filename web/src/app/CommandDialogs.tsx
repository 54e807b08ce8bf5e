import { Group, Kbd, ScrollArea, Stack, Table, Text, TextInput, UnstyledButton, useDirection } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Fragment, type KeyboardEvent, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys, type Pages } from "~/api/queries";
import { foundQuery } from "~/api/search";
import type { Chat } from "~/api/types";
import { elsewhere, isSearchable } from "~/features/chats/filters";
import { useMay } from "~/ui/Allowed";
import { type Command, type CommandGroup, HOTKEYS } from "~/ui/commands";
import { Dialog } from "~/ui/Dialog";
import { IconSearch } from "~/ui/icons";
import { inSentence } from "~/ui/names";
import classes from "./CommandBar.module.css";

/** Chats that the bar shows at most. */
const CHATS = 8;
// What is done by name comes before what is only searched for: Enter takes the first.
const ORDER: readonly CommandGroup[] = ["chat", "list", "chats", "pages", "general", "messages"];
/** How long nobody types before the server is asked. */
const REST_MS = 250;

/** The chats that were read so far. */
function useKnownChats(): Chat[] {
  const client = useQueryClient();
  return useMemo(() => {
    const found = new Map<string, Chat>();
    for (const [, pages] of client.getQueriesData<Pages<Chat>>({ queryKey: keys.chats })) {
      for (const chat of pages?.pages.flatMap((page) => page.data) ?? []) found.set(chat.id, chat);
    }
    return [...found.values()].sort((a, b) => b.last_message_at.localeCompare(a.last_message_at));
  }, [client]);
}

/** What the server finds, once nobody has typed for a moment. */
function useFound(typed: string) {
  const [text] = useDebouncedValue(typed, REST_MS);
  const may = useMay("messages:read");
  const found = useQuery({ ...foundQuery(text), enabled: may && isSearchable(text) }).data;
  // What was found for something else is not shown for this.
  if (!found || text !== typed) return undefined;
  return { chats: found.chats?.data.map((hit) => hit.chat) ?? [], messages: found.messages?.data ?? [] };
}

interface BarProps {
  commands: readonly Command[];
  /** What is in its field. */
  typed: string;
  onTyped(typed: string): void;
  onClose(): void;
}

/** Everything that can be done, by name. */
export function Bar({ commands, typed, onTyped, onClose }: BarProps) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const navigate = useNavigate();
  const list = useId();
  const [chosen, setChosen] = useState(0);
  const chats = useKnownChats();
  const wanted = typed.trim().toLocaleLowerCase();
  const fits = (label: string) => label.toLocaleLowerCase().includes(wanted);
  const found = useFound(typed.trim());
  const known = chats.filter((chat) => fits(chat.name)).slice(0, CHATS);
  const unknown = found?.chats.filter((chat) => !known.some((other) => other.id === chat.id)) ?? [];
  const openings: Command[] = [...known, ...unknown].slice(0, CHATS).map((chat) => ({
    id: chat.id,
    group: "chats",
    label: chat.name,
    run: () => void navigate({ to: "/chats/$chatId", params: { chatId: chat.id }, search: elsewhere }),
  }));
  const messages: Command[] = (found?.messages ?? []).map(({ message, snippet }) => ({
    id: message.id,
    group: "messages",
    label: `${inSentence(message.chat_name ?? "", dir)}: ${snippet.map((part) => part.text).join("")}`,
    run: () =>
      void navigate({
        to: "/chats/$chatId",
        params: { chatId: message.chat_id },
        search: (known) => ({ ...elsewhere(known), message: message.id }),
      }),
  }));
  const everything: Command[] = isSearchable(typed)
    ? [
        {
          id: "search-all",
          group: "messages",
          label: t("search.everything", { text: typed.trim() }),
          run: () => void navigate({ to: "/chats", search: (known) => ({ ...elsewhere(known), q: typed.trim() }) }),
        },
      ]
    : [];
  const named = commands.filter((command) => !command.isHidden && fits(command.label));
  const all = [...named, ...openings, ...messages, ...everything];
  const shown = ORDER.flatMap((group) => all.filter((command) => command.group === group));
  const active = Math.min(chosen, shown.length - 1);
  const run = (command: Command | undefined) => {
    if (!command || command.disabled) return;
    onClose();
    // After the dialog has given the focus back.
    setTimeout(command.run);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      setChosen(shown.length === 0 ? 0 : (active + by + shown.length) % shown.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(shown[active]);
    }
  };

  return (
    <Dialog onClose={onClose} title={t("command.title")}>
      <TextInput
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={shown[active] && `${list}-${active}`}
        aria-label={t("command.placeholder")}
        placeholder={t("command.placeholder")}
        leftSection={<IconSearch size={18} aria-hidden />}
        value={typed}
        onChange={(event) => {
          onTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        data-autofocus
        autoComplete="off"
      />
      <ScrollArea.Autosize mah="50vh" mt="sm">
        <div role="listbox" id={list} aria-label={t("command.results")}>
          {shown.map((command, index) => (
            <div key={command.id}>
              {command.group !== shown[index - 1]?.group && (
                <Text size="xs" c="dimmed" mt="xs" mb={2} px="sm" role="presentation">
                  {t(`command.${command.group}`)}
                </Text>
              )}
              <UnstyledButton
                role="option"
                id={`${list}-${index}`}
                tabIndex={-1}
                aria-selected={index === active}
                aria-disabled={command.disabled !== undefined}
                title={command.disabled}
                className={classes.option}
                data-active={index === active || undefined}
                onClick={() => run(command)}
              >
                <span dir="auto">{command.label}</span>
                {command.hotkey && <Kbd size="xs">{command.hotkey.toUpperCase()}</Kbd>}
              </UnstyledButton>
            </div>
          ))}
        </div>
        {shown.length === 0 && (
          <Text c="dimmed" ta="center" py="md" role="status">
            {t("command.none")}
          </Text>
        )}
      </ScrollArea.Autosize>
    </Dialog>
  );
}

/** Which keys there are, also those that do something on other pages or in an open chat. */
export function Help({ commands, onClose }: { commands: readonly Command[]; onClose(): void }) {
  const { t } = useTranslation();
  const nameOf = ({ hotkey, label }: (typeof HOTKEYS)[number]) =>
    commands.find((command) => command.hotkey === hotkey)?.label ?? t(label);
  return (
    <Dialog onClose={onClose} title={t("command.help")}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t("command.helpText")}
        </Text>
        <Table>
          <Table.Tbody>
            <Table.Tr>
              <Table.Td>{t("command.openBar")}</Table.Td>
              <Table.Td ta="end">
                <Group gap={4} justify="flex-end" wrap="nowrap" dir="ltr">
                  <Kbd>Ctrl</Kbd>
                  <Kbd>K</Kbd>
                </Group>
              </Table.Td>
            </Table.Tr>
            {ORDER.map((group) => ({ group, keys: HOTKEYS.filter((each) => each.group === group) }))
              .filter(({ keys }) => keys.length > 0)
              .map(({ group, keys }) => (
                <Fragment key={group}>
                  <Table.Tr>
                    <Table.Th colSpan={2} scope="rowgroup" c="dimmed" fw={400} fz="xs">
                      {t(`command.${group}`)}
                    </Table.Th>
                  </Table.Tr>
                  {keys.map((each) => (
                    <Table.Tr key={each.hotkey}>
                      <Table.Td>{nameOf(each)}</Table.Td>
                      <Table.Td ta="end">
                        <Kbd>{each.hotkey.toUpperCase()}</Kbd>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Fragment>
              ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Dialog>
  );
}
