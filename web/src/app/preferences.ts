/** What the person set for themselves, and how to change it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "~/api/client";
import { meQuery } from "~/api/queries";
import type { Preferences } from "~/api/types";
import { notifyProblem } from "~/ui/notify";

const UNSET: Preferences = { language: null, time_zone: null, mail_on_drop: null, mail_on_reminder: null };

export function usePreferences() {
  const client = useQueryClient();
  const preferences = useQuery(meQuery).data?.preferences ?? UNSET;
  const save = useMutation({
    mutationFn: (change: Partial<Preferences>) =>
      ask(api.PUT("/v1/me/preferences", { body: { ...preferences, ...change } })),
    onError: notifyProblem,
    onSettled: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
  return { preferences, save };
}
