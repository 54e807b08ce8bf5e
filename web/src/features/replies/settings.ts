/** Saves a part of what the organization decided, and tells what was wrong with it at its place. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem } from "~/api/problem";
import { organizationQuery } from "~/api/queries";
import { sentenceOfField } from "~/api/sentences";
import type { SettingsChange } from "~/api/types";
import { notifyDone } from "~/ui/notify";

export function useDecide() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (settings: SettingsChange) => ask(api.PATCH("/v1/organization", { body: { settings } })),
    onSuccess: (saved) => {
      client.setQueryData(organizationQuery.queryKey, saved);
      notifyDone(t("organize.saved"));
    },
  });
  const problem = save.error ? Problem.from(save.error) : undefined;
  return {
    save,
    /** What went wrong as a whole; nothing when all of it has a place. */
    error: problem && problem.fields.size === 0 ? problem : undefined,
    /** What is wrong at a place: `/welcome/text`. What lies below it counts too where that is asked for. */
    wrongAt: (place: string, below = false): string | undefined => {
      const pointer = `/settings${place}`;
      for (const [at, wrong] of problem?.fields ?? []) {
        if (at === pointer || (below && at.startsWith(`${pointer}/`))) return sentenceOfField(wrong);
      }
      return undefined;
    },
  };
}
