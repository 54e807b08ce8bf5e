import { useTranslation } from "react-i18next";
import type { ChatLogEntry } from "~/api/types";
import { clock, full, when } from "~/ui/time";
import classes from "./Messages.module.css";

/** A grey line in a thread: what was done with the chat, and by whom. */
export function LogLine({ entry }: { entry: ChatLogEntry }) {
  const { t } = useTranslation();
  return (
    <div className={classes.system} data-testid="chat-log">
      <span title={full(entry.at)}>
        {says()} ·{" "}
        <time dateTime={entry.at}>
          <bdi>{clock(entry.at)}</bdi>
        </time>
      </span>
    </div>
  );

  function says(): string {
    const by = entry.by.type === "user" || entry.by.type === "key" ? entry.by.name : t("inbox.byTime");
    switch (entry.type) {
      case "opened":
        if (entry.by.type === "message") return t("inbox.log_openedByMessage");
        return entry.by.type === "time" ? t("inbox.log_openedByTime") : t("inbox.log_opened", { by });
      case "closed":
        return entry.by.type === "time" ? t("inbox.log_closedByTime") : t("inbox.log_closed", { by });
      case "snoozed":
        return t("inbox.log_snoozed", { by, time: when(entry.until) });
      case "assigned": {
        const isOwn = entry.by.type === "user" && entry.by.id === entry.user_id;
        return isOwn ? t("inbox.log_taken", { by }) : t("inbox.log_assigned", { by, name: entry.name });
      }
      case "unassigned":
      case "team_cleared":
      case "starred":
      case "unstarred":
        return t(`inbox.log_${entry.type}`, { by });
      case "opted_out":
      case "opted_in":
        return entry.by.type === "message"
          ? t(`replies.log_${entry.type}Themselves`)
          : t(`replies.log_${entry.type}`, { by });
      case "team_set":
      case "tagged":
      case "untagged":
        return t(`inbox.log_${entry.type}`, { by, name: entry.name });
    }
  }
}
