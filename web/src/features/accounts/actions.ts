/** What can be done with an account. Every answer goes into the cache at once; the live event confirms it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { keys } from "~/api/queries";
import type { Account, Pacing } from "~/api/types";
import { putAccount } from "~/live/patch";
import { inRow } from "~/ui/failures";
import { notifyDone } from "~/ui/notify";

export function useConnect() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/accounts/{id}/connect", { params: { path: { id } } })),
    onSuccess: (account) => putUnlessNewer(client, account),
  });
}

/** A live event may have overtaken the answer of a call. */
function putUnlessNewer(client: ReturnType<typeof useQueryClient>, account: Account): void {
  const known = client.getQueryData<Account[]>(keys.accounts)?.find((other) => other.id === account.id);
  if (known && known.state_since > account.state_since) return;
  putAccount(client, account);
}

export function useCreate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => ask(api.POST("/v1/accounts", { body: { name } })),
    onSuccess: (account) => putUnlessNewer(client, account),
  });
}

export function usePause() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/accounts/{id}/pause", { params: { path: { id } } })),
    ...inRow((id: string) => id),
    onSuccess: (account) => {
      putUnlessNewer(client, account);
      notifyDone(t("account.paused", { name: account.name }));
    },
  });
}

export function useLogout() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/accounts/{id}/logout", { params: { path: { id } } })),
    onSuccess: (account) => {
      putUnlessNewer(client, account);
      notifyDone(t("account.loggedOut", { name: account.name }));
    },
  });
}

export function useDelete() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Account) => ask(api.DELETE("/v1/accounts/{id}", { params: { path: { id } } })),
    onSuccess: (_, { id, name }) => {
      client.setQueryData<Account[]>(keys.accounts, (all) => all?.filter((account) => account.id !== id));
      void client.invalidateQueries({ queryKey: keys.chats });
      notifyDone(t("account.deleted", { name }));
    },
  });
}

export function useChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      ...body
    }: {
      id: string;
      name?: string;
      pacing?: Pacing | null;
      assignee_id?: string | null;
      team_id?: string | null;
    }) => ask(api.PATCH("/v1/accounts/{id}", { params: { path: { id } }, body })),
    onSuccess: (account) => putAccount(client, account),
  });
}
