/** What can be done with a webhook. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { keys, webhooksQuery } from "~/api/queries";
import type { Envelope, Replayed, Webhook } from "~/api/types";
import { inRow } from "~/ui/failures";
import { notifyDone, notifyNote } from "~/ui/notify";

export interface WebhookValues {
  url: string;
  events: string[];
  envelope: Envelope;
  accounts: string[];
}

function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: webhooksQuery.queryKey });
}

export function useCreate() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: WebhookValues) => ask(api.POST("/v1/webhooks", { body })),
    onSuccess: () => void refresh(),
  });
}

export function useChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string; enabled?: boolean } & Partial<WebhookValues>) =>
      ask(api.PATCH("/v1/webhooks/{id}", { params: { path: { id } }, body })),
    onSuccess: (changed) =>
      client.setQueryData<Webhook[]>(webhooksQuery.queryKey, (all) =>
        all?.map((webhook) => (webhook.id === changed.id ? changed : webhook)),
      ),
  });
}

export function useDelete() {
  const { t } = useTranslation();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/v1/webhooks/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      notifyDone(t("webhook.deleted"));
      void refresh();
    },
  });
}

export function useRotate() {
  return useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/webhooks/{id}/rotate-secret", { params: { path: { id } } })),
  });
}

export function useTest() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/webhooks/{id}/test", { params: { path: { id } } })),
    ...inRow((id: string) => id),
    onSuccess: (_, id) => {
      notifyDone(t("webhook.testSent"));
      void client.invalidateQueries({ queryKey: keys.deliveries(id) });
    },
  });
}

/** Where a replay begins: after an event of the log, or at a moment. */
export type ReplayFrom = { after_seq: number } | { since: string };

export function useReplay() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [soFar, setSoFar] = useState<{ deliveries: number; ms: number }>();
  const replay = useMutation({
    // A long log is replayed in parts; each says where the next one begins.
    mutationFn: async ({ id, from }: { id: string; from: ReplayFrom }) => {
      let deliveries = 0;
      let beginsAt: number | undefined;
      const begun = Date.now();
      setSoFar(undefined);
      let body: ReplayFrom | undefined = from;
      while (body) {
        const part: Replayed = await ask(api.POST("/v1/webhooks/{id}/replay", { params: { path: { id } }, body }));
        deliveries += part.deliveries;
        if (part.has_gap) beginsAt = part.first_seq;
        body = part.is_complete ? undefined : { after_seq: part.last_seq };
        if (body) setSoFar({ deliveries, ms: Date.now() - begun });
      }
      return { deliveries, beginsAt };
    },
    onSuccess: ({ deliveries, beginsAt }, { id }) => {
      notifyDone(t("webhook.replayDone", { count: deliveries }));
      if (beginsAt !== undefined) notifyNote(t("replay.gap", { seq: beginsAt }));
      void client.invalidateQueries({ queryKey: keys.deliveries(id) });
    },
  });
  return { ...replay, soFar: replay.isPending ? soFar : undefined };
}

export function useRedeliver(webhookId: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (dlv: string) =>
      ask(api.POST("/v1/webhooks/{id}/deliveries/{dlv}/redeliver", { params: { path: { id: webhookId, dlv } } })),
    ...inRow((dlv: string) => dlv),
    onSuccess: () => {
      notifyDone(t("webhook.redelivered"));
      void client.invalidateQueries({ queryKey: keys.deliveries(webhookId) });
    },
  });
}
