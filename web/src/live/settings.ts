/** What colleagues change of what they share is read anew at once, without a word on the page. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys, meQuery } from "~/api/queries";
import type { SettingsPart } from "~/api/types";
import { refresh } from "./refresh";

const READ: Record<SettingsPart, readonly QueryKey[]> = {
  tags: [keys.tags],
  teams: [keys.teams],
  // Somebody's own role may have changed too.
  members: [keys.colleagues, ["users"], ["invitations"], meQuery.queryKey],
  quick_replies: [keys.quickReplies],
  // Quick replies can name the organization.
  organization: [keys.organization, keys.quickReplies, meQuery.queryKey],
  custom_fields: [["custom-fields"]],
  donor_rules: [["donor-rules"], keys.contacts],
  accounts: [keys.accounts],
  webhooks: [["webhooks"]],
  keys: [["keys"]],
};

export function readSettings(client: QueryClient, what: SettingsPart): void {
  // A newer server may share what this page does not know.
  for (const key of READ[what] ?? []) refresh(client, key);
}
