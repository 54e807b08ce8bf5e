import { Group, Kbd, ScrollArea, Stack, Table, Text, TextInput, UnstyledButton, useDirection } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys, type Pages } from "~/api/queries";
import { foundQuery } from "~/api/search";
import type { Chat } from "~/api/types";
import { elsewhere, isSearchable } from "~/features/chats/filters";
import { useMay } from "~/ui/Allowed";
import type { Command, CommandGroup } from "~/ui/commands";
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

/** Everything that can be done, by name. */
export function Bar({ commands, onClose }: { commands: readonly Command[]; onClose(): void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const navigate = useNavigate();
  const list = useId();
  const [typed, setTyped] = useState("");
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
          setTyped(event.currentTarget.value);
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

/** Which keys there are. */
export function Help({ commands, onClose }: { commands: readonly Command[]; onClose(): void }) {
  const { t } = useTranslation();
  const withKeys = commands.filter((command) => command.hotkey);
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
            {ORDER.flatMap((group) => withKeys.filter((command) => command.group === group)).map((command) => (
              <Table.Tr key={command.id}>
                <Table.Td>{command.label}</Table.Td>
                <Table.Td ta="end">
                  <Kbd>{command.hotkey?.toUpperCase()}</Kbd>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Dialog>
  );
}
