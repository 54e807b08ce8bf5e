import { ActionIcon, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconCheck, IconClose, IconSearch } from "~/ui/icons";
import { type ChatsSearch, isSearchable } from "./filters";
import { focusHit } from "./hits";
import classes from "./ListHead.module.css";

/** How long nobody types before it is searched. */
const REST_MS = 250;
/** What the server takes. */
const MAX_CHARS = 200;

/** Where chats, people and messages are searched for. What is searched for stands in the address. */
export function SearchField({ search, chatId }: { search: ChatsSearch; chatId: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [typed, setTyped] = useState(search.q ?? "");
  const [known, setKnown] = useState(search.q);
  const set = (change: ChatsSearch) =>
    void navigate({ to: ".", search: (before) => ({ ...before, ...change }), replace: true });
  const rest = useDebouncedCallback((text: string) => {
    setKnown(text || undefined);
    set({ q: text || undefined });
  }, REST_MS);
  // The address was changed from elsewhere: the command bar, or going back.
  if (search.q !== known) {
    rest.cancel();
    setKnown(search.q);
    setTyped(search.q ?? "");
  }
  // Whoever wants to search a chat goes on by typing.
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (search.within && search.q === undefined) field.current?.focus();
  }, [search.within, search.q]);
  const clear = () => {
    rest.cancel();
    setTyped("");
    setKnown(undefined);
    set({ q: undefined, within: undefined });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && (typed !== "" || search.within)) {
      event.preventDefault();
      clear();
    } else if (event.key === "ArrowDown" && focusHit(1)) event.preventDefault();
  };
  return (
    <>
      <TextInput
        ref={field}
        // Not `search`: browsers add a button of their own, in their own language.
        type="text"
        role="searchbox"
        inputMode="search"
        data-search
        size="sm"
        radius="md"
        dir="auto"
        maxLength={MAX_CHARS}
        autoComplete="off"
        aria-label={t("search.label")}
        placeholder={t(search.within ? "search.placeholderWithin" : "search.placeholder")}
        leftSection={<IconSearch size={18} aria-hidden />}
        rightSection={
          typed !== "" && (
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("search.clear")} onClick={clear}>
              <IconClose size={16} />
            </ActionIcon>
          )
        }
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          rest(event.currentTarget.value.trim());
        }}
        onKeyDown={onKeyDown}
      />
      {chatId !== undefined && (search.within || isSearchable(search.q)) && (
        <div>
          <UnstyledButton
            className={classes.chip}
            data-on={search.within || undefined}
            aria-pressed={search.within === true}
            onClick={() => set({ within: search.within ? undefined : true, message: undefined })}
          >
            {search.within && <IconCheck size={14} aria-hidden />}
            {t("search.within")}
          </UnstyledButton>
        </div>
      )}
    </>
  );
}
