import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "~/api/queries";
import type { Permission } from "~/api/types";
import { type Command, isTyping, letterOf, useAllCommands, useCommands } from "~/ui/commands";
import { fetched } from "~/ui/fetched";

type Open = "bar" | "help" | undefined;

/** After so long what the bar needs is fetched, so that it is there at once. */
const SETTLED_MS = 2_000;

const Bar = fetched(async () => (await import("./CommandDialogs")).Bar);
const Help = fetched(async () => (await import("./CommandDialogs")).Help);

/**
 * Everything that can be done, by name (Ctrl K) or by its own key, and the page that says which keys there are. What
 * there is comes from the pages themselves (`ui/commands.ts`).
 */
export function CommandBar() {
  const [open, setOpen] = useState<Open>();
  const [typed, setTyped] = useState("");
  const commands = useAllCommands();
  const show = useCallback((open: Open) => {
    setTyped("");
    setOpen(open);
  }, []);
  useGeneral(show);
  useHotkeys(commands, open, show, setTyped);
  useEffect(() => {
    const timer = setTimeout(() => {
      Bar.prefetch();
      Help.prefetch();
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, []);
  const close = () => show(undefined);
  return (
    <>
      {open === "bar" && <Bar commands={commands} typed={typed} onTyped={setTyped} onClose={close} />}
      {open === "help" && <Help commands={commands} onClose={close} />}
    </>
  );
}

/** What can be done on every page. */
function useGeneral(setOpen: (open: Open) => void): void {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const permissions = useQuery(meQuery).data?.permissions;
  const commands = useMemo(() => {
    const page = (
      id: string,
      label: string,
      to: "/chats" | "/accounts" | "/dashboard" | "/webhooks" | "/settings",
      needs?: Permission,
    ) =>
      ({
        id,
        group: "pages",
        label,
        disabled: !needs || permissions?.includes(needs) ? undefined : t("common.notAllowed"),
        run: () => void navigate({ to }),
      }) satisfies Command;
    return [
      page("go-chats", t("command.goChats"), "/chats", "messages:read"),
      page("go-accounts", t("command.goAccounts"), "/accounts", "accounts:read"),
      page("go-dashboard", t("command.goDashboard"), "/dashboard", "messages:read"),
      page("go-webhooks", t("command.goWebhooks"), "/webhooks", "webhooks:manage"),
      page("go-settings", t("command.goSettings"), "/settings"),
      {
        id: "search",
        group: "general",
        label: t("command.search"),
        hotkey: "/",
        isHidden: true,
        run: () => {
          const field = document.querySelector<HTMLInputElement>("[data-search]");
          field?.focus();
          // On a small screen the open chat is all there is.
          if (!field || document.activeElement !== field) setOpen("bar");
        },
      },
      { id: "help", group: "general", label: t("command.help"), hotkey: "?", run: () => setOpen("help") },
    ] satisfies Command[];
  }, [t, navigate, permissions, setOpen]);
  useCommands(commands);
}

function useHotkeys(
  commands: readonly Command[],
  open: Open,
  setOpen: (open: Open) => void,
  setTyped: (change: (typed: string) => string) => void,
): void {
  const latest = useRef({ commands, open });
  latest.current = { commands, open };
  useLayoutEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent) => {
      const { open } = latest.current;
      const isChord = event.ctrlKey || event.metaKey || event.altKey;
      if (open && !isTyping(event.target)) {
        // What is typed before its field is there is meant for the bar, and not for the chat below it.
        if (event.key === "Escape") setOpen(undefined);
        else if (isChord) return;
        else if (event.key === "Backspace") setTyped((typed) => [...typed].slice(0, -1).join(""));
        else if ([...event.key].length === 1) setTyped((typed) => typed + event.key);
        event.preventDefault();
        return;
      }
      const letter = letterOf(event);
      if ((event.ctrlKey || event.metaKey) && !event.altKey && letter === "k") {
        event.preventDefault();
        setOpen("bar");
        return;
      }
      if (isChord || event.defaultPrevented || event.isComposing) return;
      if (isTyping(event.target)) return;
      const command = latest.current.commands.find((each) => each.hotkey === letter && !each.disabled);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [setOpen, setTyped]);
}
