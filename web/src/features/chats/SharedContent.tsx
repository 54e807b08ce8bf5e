import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ContactCards, Location, Poll } from "~/api/types";
import { currentLanguage } from "~/i18n";
import { useMay } from "~/ui/Allowed";
import { IconPlace, IconPoll, IconUser } from "~/ui/icons";
import { seen, withoutTurns } from "~/ui/names";
import type { ChatsSearch } from "./filters";
import messages from "./Messages.module.css";
import classes from "./SharedContent.module.css";

type Card = ContactCards["cards"][number];

/** Where a map shows a place. It is opened only when somebody follows it. */
export function mapOf({ latitude, longitude }: Location): string {
  const at = `${latitude}/${longitude}`;
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${at}`;
}

/** A place: what it is called, and a link to a map. No map is asked for here, because that would tell others of it. */
export function PlaceView({ location }: { location: Location }) {
  const { t } = useTranslation();
  const { name, address, caption, latitude, longitude, is_live } = location;
  return (
    <>
      <div className={classes.part}>
        <IconPlace size={26} aria-hidden className={classes.icon} />
        <div className={classes.text}>
          <div className={classes.name} dir="auto">
            {seen(name) ?? (is_live ? t("thread.liveLocation") : t("kind.location"))}
          </div>
          {address && (
            <div className={classes.fact} dir="auto">
              {address}
            </div>
          )}
          {is_live && seen(name) && <div className={classes.fact}>{t("thread.liveLocation")}</div>}
          <div className={classes.fact}>
            <bdi dir="ltr">
              {latitude.toFixed(5)}, {longitude.toFixed(5)}
            </bdi>
          </div>
          <Anchor href={mapOf(location)} target="_blank" rel="noopener noreferrer" size="sm" className={classes.link}>
            {t("thread.openMap")}
          </Anchor>
        </div>
      </div>
      {caption && (
        <div className={messages.body} dir="auto">
          {caption}
        </div>
      )}
    </>
  );
}

/** People with their numbers, each of which can be written to from the account of this chat. */
export function CardsView({ contacts, accountId }: { contacts: ContactCards; accountId: string }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.cards}>
      {contacts.cards.map((card, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same person can stand twice
        <li key={index} className={classes.part}>
          <IconUser size={24} aria-hidden className={classes.icon} />
          <div className={classes.text}>
            <div className={classes.name} dir="auto">
              {seen(card.name) ?? t("kind.contacts")}
            </div>
            {card.organization && card.organization !== card.name && (
              <div className={classes.fact} dir="auto">
                {card.organization}
              </div>
            )}
            {card.numbers.map((each, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same number can stand twice
              <CardNumber key={place} card={card} number={each} accountId={accountId} />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}

function CardNumber(props: { card: Card; number: Card["numbers"][number]; accountId: string }) {
  const { card, number, accountId } = props;
  const { t } = useTranslation();
  const maySend = useMay("messages:send");
  const { phone, written } = number;
  const shown = (
    // What is written there need not be a number.
    <bdi dir="ltr" className={phone ? classes.number : undefined}>
      {phone ?? withoutTurns(written)}
    </bdi>
  );
  if (!phone || !maySend) return <div className={classes.fact}>{shown}</div>;
  return (
    <div className={classes.fact}>
      {shown}{" "}
      <Anchor
        renderRoot={(root) => (
          <Link
            {...root}
            to="."
            search={(known) => ({ ...(known as ChatsSearch), new: true, to: phone, through: accountId })}
          />
        )}
        size="sm"
        underline="always"
        aria-label={t("thread.writeTo", { name: card.name, number: phone })}
      >
        {t("thread.write")}
      </Anchor>
    </div>
  );
}

/** What is asked, and how many chose each answer. */
export function PollView({ poll }: { poll: Poll }) {
  const { t } = useTranslation();
  const most = Math.max(1, ...poll.options.map((option) => option.votes));
  return (
    <div className={classes.poll}>
      <div className={classes.question}>
        <IconPoll size={20} aria-hidden className={classes.icon} />
        <span dir="auto">{poll.question}</span>
      </div>
      <ul className={classes.options}>
        {poll.options.map((option, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: answers have no other name
          <li key={index}>
            <div className={classes.option}>
              <span dir="auto">{option.text}</span>
              <span role="img" aria-label={t("thread.votes", { count: option.votes })}>
                {option.votes.toLocaleString(currentLanguage())}
              </span>
            </div>
            <div className={classes.track} aria-hidden>
              <div className={classes.bar} style={{ inlineSize: `${(100 * option.votes) / most}%` }} />
            </div>
          </li>
        ))}
      </ul>
      <div className={classes.fact}>
        {[choices(), t("thread.voters", { count: poll.voters })].filter(Boolean).join(" · ")}
      </div>
    </div>
  );

  function choices(): string {
    if (poll.max_choices == null) return t("thread.chooseAny");
    return t("thread.chooseUpTo", { count: poll.max_choices });
  }
}
