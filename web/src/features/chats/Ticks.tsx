import { useTranslation } from "react-i18next";
import type { MessageStatus } from "~/api/types";
import { IconAlert, IconCheck, IconChecks, IconClock, IconClose } from "~/ui/icons";
import classes from "./Ticks.module.css";

/** How far a message got, in the signs people know from their phones. */
export function Ticks({ status }: { status: MessageStatus | "sending" }) {
  const { t } = useTranslation();
  if (status === "received") return null;
  return (
    <span
      className={classes.ticks}
      data-status={status}
      role="img"
      aria-label={t(`status.${status}`)}
      title={t(`status.${status}`)}
    >
      <Sign status={status} />
    </span>
  );
}

function Sign({ status }: { status: Exclude<MessageStatus, "received"> | "sending" }) {
  switch (status) {
    case "sending":
    case "queued":
      return <IconClock size={14} />;
    case "sent":
      return <IconCheck size={16} />;
    case "delivered":
    case "read":
    case "played":
      return <IconChecks size={16} />;
    case "failed":
      return <IconAlert size={15} />;
    case "cancelled":
      return <IconClose size={15} />;
    default:
      return status satisfies never;
  }
}
