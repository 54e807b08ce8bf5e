import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { quickRepliesQuery } from "~/api/queries";
import type { QuickReply } from "~/api/types";
import { FilledText } from "~/features/replies/FilledText";
import classes from "./QuickReplies.module.css";
import { meant, type Slash, slashAt } from "./slash";

/** So many are shown at once; the others come as the choice moves on. */
const SHOWN = 6;

/** The quick replies that are called where the cursor stands, and the keys that choose one. */
export function useQuickReplies(props: {
  chatId: string;
  text: string;
  cursor: number;
  onInsert(reply: QuickReply, slash: Slash): void;
}) {
  const { chatId, text, cursor, onInsert } = props;
  const id = useId();
  const slash = slashAt(text, cursor);
  const [closedAt, setClosedAt] = useState<number>();
  const [chosen, setChosen] = useState({ query: "", index: 0 });
  const isCalled = slash !== undefined && slash.start !== closedAt;
  const query = useQuery({ ...quickRepliesQuery(chatId), enabled: isCalled });
  const found = isCalled && query.data ? meant(query.data, slash.query) : [];
  const index = chosen.query === slash?.query ? Math.min(chosen.index, found.length - 1) : 0;
  const isOpen = isCalled && found.length > 0;
  const move = (by: number) =>
    setChosen({ query: slash?.query ?? "", index: (index + by + found.length) % found.length });

  return {
    isOpen,
    /** True when the key was for the list. */
    onKeyDown: (event: KeyboardEvent): boolean => {
      if (slash === undefined) setClosedAt(undefined);
      if (!isOpen || event.nativeEvent.isComposing) return false;
      const reply = found[index];
      if (event.key === "ArrowDown") move(1);
      else if (event.key === "ArrowUp") move(-1);
      else if (event.key === "Escape") setClosedAt(slash.start);
      else if ((event.key === "Enter" || event.key === "Tab") && isPlain(event) && reply) onInsert(reply, slash);
      else return false;
      event.preventDefault();
      return true;
    },
    /** What the field says of the list. */
    field: isOpen
      ? ({
          "aria-autocomplete": "list",
          "aria-controls": id,
          "aria-activedescendant": `${id}-${found[index]?.id}`,
        } as const)
      : {},
    list: isOpen ? (
      <List id={id} found={found} index={index} onPick={(reply) => onInsert(reply, slash)} />
    ) : isCalled && query.data?.length === 0 ? (
      <None />
    ) : null,
  };
}

const isPlain = (event: KeyboardEvent) => !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;

function List(props: { id: string; found: QuickReply[]; index: number; onPick(reply: QuickReply): void }) {
  const { t } = useTranslation();
  const { id, found, index, onPick } = props;
  const first = Math.max(0, Math.min(index - SHOWN + 2, found.length - SHOWN));
  return (
    <div className={classes.popup}>
      <div role="listbox" id={id} aria-label={t("replies.title")}>
        {found.slice(first, first + SHOWN).map((reply, place) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the option
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
          <div
            key={reply.id}
            id={`${id}-${reply.id}`}
            role="option"
            aria-selected={first + place === index}
            aria-posinset={first + place + 1}
            aria-setsize={found.length}
            className={classes.option}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(reply)}
          >
            <strong dir="auto">/{reply.shortcut}</strong>
            <span className={classes.text} dir="auto">
              <FilledText text={reply.filled?.text ?? reply.body} missing={reply.filled?.missing ?? []} />
            </span>
          </div>
        ))}
      </div>
      <div className={classes.hint} role="status">
        {t("replies.found", { count: found.length })} · {t("replies.keys")}
      </div>
    </div>
  );
}

function None() {
  const { t } = useTranslation();
  return (
    <div className={classes.popup}>
      <div className={classes.hint} role="status">
        {t("replies.emptyInChat")}
      </div>
    </div>
  );
}
