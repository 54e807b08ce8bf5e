/**
 * The one place where the dialog that links an account is shown, above every page. It opens because somebody asked for
 * it (`/accounts?link=acc_…`, which is also an address to send to somebody), or by itself when an account disconnected
 * and needs a person: once for each drop, at once, or after a pause when the person is busy.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import {
  type ComponentProps,
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { accountsQuery } from "~/api/queries";
import type { Account, AccountState } from "~/api/types";
import { useLiveEvents, usePolling } from "~/live/Live";
import { useMay } from "~/ui/Allowed";
import { fetched } from "~/ui/fetched";
import { isTyping, useFirstEscape, useRest } from "~/ui/focus";
import { notifyDone, notifyRefused } from "~/ui/notify";
import { useConnect } from "./actions";
import { createReturns } from "./back";
import { hideDrop, showDrop } from "./DropNotice";
import { dropOf, isDown, isOnPurpose, rememberClosed, UNDER_WAY, wasClosed } from "./drops";
import { isSoundOn, playSound } from "./sound";

const LinkDialog = fetched(async () => (await import("./LinkDialog")).LinkDialog);

/** How long somebody who was busy must rest before the dialog opens. */
export const IDLE_MS = 10_000;

/** States that an address alone may end: the other ones are somebody's wish, or heal alone. */
const UNLINKED: ReadonlySet<AccountState> = new Set(["created", "logged_out"]);

const LinkContext = createContext<(account: Account) => void>(() => {});

/** Connects an account and shows its QR code. */
export function useLink(): (account: Account) => void {
  return useContext(LinkContext);
}

export function Linking({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("accounts:connect");
  const polling = usePolling();
  const accounts = useQuery({ ...accountsQuery, refetchInterval: polling }).data;
  const connect = useConnect();
  const [returns] = useState(createReturns);
  const asked = useSearch({ strict: false }).link;
  /** The account whose dialog opened by itself. */
  const [dropped, setDropped] = useState<string>();
  /** Accounts that wait until the person has a moment, in the order in which they disconnected. */
  const [waiting, setWaiting] = useState<string[]>([]);
  /** The drops that this page knows of, by account. */
  const drops = useRef(new Map<string, string>());
  const isFirstLook = useRef(true);
  const begun = useRef<string>(undefined);

  const shown = asked ?? dropped;
  const account = accounts?.find(({ id }) => id === shown);
  const unknown = accounts !== undefined && asked !== undefined && account === undefined;

  const begin = (opened: Account, from: ReadonlySet<AccountState> | "any") => {
    begun.current = opened.id;
    connect.reset();
    const mustConnect = from === "any" ? !UNDER_WAY.has(opened.state) : from.has(opened.state);
    if (mustConnect) connect.mutate(opened.id);
  };

  const link = (wanted: Account) => {
    begin(wanted, "any");
    void navigate({ to: "/accounts", search: { link: wanted.id } });
  };

  const leave = () => {
    begun.current = undefined;
    setDropped(undefined);
    if (asked !== undefined) void navigate({ to: "/accounts", search: {}, replace: true });
  };

  /** Somebody closed it: it stays closed for this drop. */
  const close = () => {
    const drop = shown === undefined ? undefined : drops.current.get(shown);
    if (shown !== undefined && drop !== undefined) rememberClosed(shown, drop);
    leave();
  };

  const open = (id: string) => {
    const found = accounts?.find((each) => each.id === id);
    setWaiting((ids) => ids.filter((each) => each !== id));
    hideDrop(id);
    if (!found || !isDown(found)) return;
    begin(found, UNLINKED);
    setDropped(id);
  };

  const ignore = (id: string) => {
    const drop = drops.current.get(id);
    if (drop !== undefined) rememberClosed(id, drop);
    setWaiting((ids) => ids.filter((each) => each !== id));
  };

  // An address was opened.
  useLayoutEffect(() => {
    if (account && asked !== undefined && begun.current !== asked && may) begin(account, UNLINKED);
  });
  const refuse = useEffectEvent(() => {
    notifyRefused(may ? t("reconnect.gone") : t("common.notAllowed"));
    leave();
  });
  const isRefused = unknown || (asked !== undefined && account !== undefined && !may);
  useEffect(() => {
    if (isRefused) refuse();
  }, [isRefused]);

  // Accounts disconnect, and come back.
  const look = useEffectEvent((all: Account[]) => {
    let busy = shown !== undefined || waiting.length > 0 || isTyping() || isDialogOpen();
    let mustSound = false;
    for (const each of all) {
      const drop = dropOf(each);
      if (drop === undefined) {
        if (!isDown(each)) ended(each);
        continue;
      }
      if (drops.current.get(each.id) === drop) continue;
      drops.current.set(each.id, drop);
      returns.hide(each.id);
      if (isOnPurpose(each) || each.id === shown || wasClosed(each.id, drop)) continue;
      mustSound ||= !isFirstLook.current;
      if (!busy) {
        busy = true;
        begin(each, UNLINKED);
        setDropped(each.id);
        continue;
      }
      setWaiting((ids) => [...ids.filter((id) => id !== each.id), each.id]);
      showDrop(each, { onOpen: () => openNow(each.id), onIgnore: () => ignoreNow(each.id) });
    }
    isFirstLook.current = false;
    if (mustSound && isSoundOn()) playSound();
    for (const id of drops.current.keys()) {
      if (all.some((each) => each.id === id)) continue;
      drops.current.delete(id);
      hideDrop(id);
      setWaiting((ids) => ids.filter((waits) => waits !== id));
      if (dropped === id) leave();
    }
  });
  const ended = (each: Account) => {
    if (!drops.current.has(each.id) || each.state === "syncing") return;
    if (each.state !== "connected" && each.id === shown) return;
    drops.current.delete(each.id);
    hideDrop(each.id);
    setWaiting((ids) => ids.filter((id) => id !== each.id));
    // Its dialog tells it when it closes.
    if (each.state === "connected" && each.id !== shown) returns.show(each.id, each.name);
  };
  useEffect(() => {
    if (may && accounts) look(accounts);
  }, [may, accounts]);

  useLiveEvents((event) => returns.hear(event, (id) => id === shown || drops.current.has(id)));

  // Whoever was busy has a moment now.
  const openNow = useEffectEvent(open);
  const ignoreNow = useEffectEvent(ignore);
  const next = shown === undefined ? waiting[0] : undefined;
  useRest(next, IDLE_MS, open);
  useFirstEscape(() => account !== undefined && isLinkDialogOpen(), close);

  // Whoever logs out leaves nothing behind.
  useEffect(() => {
    const known = drops.current;
    return () => {
      for (const id of known.keys()) hideDrop(id);
      known.clear();
      isFirstLook.current = true;
    };
  }, []);

  return (
    <LinkContext value={link}>
      {children}
      {account && may && (
        <OpenDialog
          key={account.id}
          account={account}
          starting={connect.isPending}
          error={connect.error}
          onConnect={() => connect.mutate(account.id)}
          onClose={close}
          onDone={(wasLinked) => {
            if (wasLinked) returns.show(account.id, account.name);
            else notifyDone(t("link.connectedText", { name: account.name }));
            leave();
          }}
        />
      )}
    </LinkContext>
  );
}

function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"]') !== null;
}

function isLinkDialogOpen(): boolean {
  return document.querySelector('[role="dialog"] [data-link-dialog]') !== null;
}

/** The dialog, with what the account was when it opened: it may be something else once the dialog is fetched. */
function OpenDialog(props: Omit<ComponentProps<typeof LinkDialog>, "before">) {
  const [before] = useState(props.account);
  return <LinkDialog {...props} before={before} />;
}
