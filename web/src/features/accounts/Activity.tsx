import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { activityQuery, colleaguesQuery, teamsQuery, webhooksQuery } from "~/api/queries";
import type { Account } from "~/api/types";
import { Ago } from "~/ui/Ago";
import { useMay } from "~/ui/Allowed";

/** What goes over an account, how steadily it is connected, and who has to do with it. */
export function Activity({ account }: { account: Account }) {
  const { t } = useTranslation();
  const activity = useQuery(activityQuery).data?.find((each) => each.account_id === account.id);
  const moment = (at: string | null | undefined) => (at ? <Ago at={at} /> : t("common.never"));
  return (
    <>
      <Fact name={t("account.lastIn")}>{activity ? moment(activity.last_received_at) : "…"}</Fact>
      <Fact name={t("account.lastOut")}>{activity ? moment(activity.last_sent_at) : "…"}</Fact>
      <Fact name={t("account.sentToday")}>{activity?.sent_today ?? "…"}</Fact>
      <Fact name={t("account.drops")}>{activity?.drops ?? "…"}</Fact>
      <Webhooks account={account} />
      <Fact name={t("account.handler")}>
        <Handler account={account} />
      </Fact>
      <Fact name={t("account.provider")}>{t(`account.provider_${account.provider}`)}</Fact>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How many webhooks are told of what happens on it, for those who may see them. */
function Webhooks({ account }: { account: Account }) {
  const { t } = useTranslation();
  const may = useMay("webhooks:manage");
  const webhooks = useQuery({ ...webhooksQuery, enabled: may }).data;
  if (!may) return null;
  const told = webhooks?.filter(
    ({ enabled, accounts }) => enabled && (accounts.length === 0 || accounts.includes(account.id)),
  );
  return (
    <Fact name={t("account.webhooks")}>
      <Anchor component={Link} to="/webhooks" size="sm">
        {told === undefined ? "…" : told.length === 0 ? t("account.webhooksNone") : told.length}
      </Anchor>
    </Fact>
  );
}

function Handler({ account }: { account: Account }) {
  const { t } = useTranslation();
  const people = useQuery(colleaguesQuery).data;
  const teams = useQuery(teamsQuery).data;
  const nameOf = (id: string | null, things: { id: string; name: string }[] | undefined) =>
    id === null ? undefined : (things?.find((thing) => thing.id === id)?.name ?? "…");
  const names = [nameOf(account.assignee_id, people), nameOf(account.team_id, teams)].filter(Boolean);
  return <bdi>{names.length > 0 ? names.join(" · ") : t("account.handlerNobody")}</bdi>;
}
