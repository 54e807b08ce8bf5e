import { Button, Card, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { webhooksQuery } from "~/api/queries";
import type { Webhook } from "~/api/types";
import { Confirm } from "~/ui/Confirm";
import { EmptyState } from "~/ui/EmptyState";
import { IconPlus, IconWebhook } from "~/ui/icons";
import { Page } from "~/ui/Page";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { Secret } from "~/ui/Secret";
import { useDelete, useRotate } from "./actions";
import { DeliveryLog } from "./DeliveryLog";
import { ReplayDialog } from "./ReplayDialog";
import { WebhookCard, type Wish } from "./WebhookCard";
import { WebhookForm } from "./WebhookForm";

/** What is typed before something is done to a webhook. */
function hostOf({ url }: Webhook): string {
  return new URL(url).host;
}

export function WebhooksPage() {
  const { t } = useTranslation();
  const webhooks = useQuery(webhooksQuery);
  const [open, setOpen] = useState<{ wish: Wish | "add"; webhook?: Webhook }>();
  const [secret, setSecret] = useState<string>();
  const remove = useDelete();
  const rotate = useRotate();
  const close = () => {
    remove.reset();
    rotate.reset();
    setOpen(undefined);
  };
  const webhook = open?.webhook;

  const add = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setOpen({ wish: "add" })}>
      {t("webhook.add")}
    </Button>
  );

  return (
    <Page title={t("webhook.title")} subtitle={t("webhook.subtitle")} action={webhooks.data?.length ? add : undefined}>
      {webhooks.error && !webhooks.data && (
        <ProblemAlert error={webhooks.error} retry={() => void webhooks.refetch()} />
      )}
      {webhooks.isPending && (
        <Stack>
          <Skeleton h={112} />
          <Skeleton h={112} />
        </Stack>
      )}
      {webhooks.data?.length === 0 && (
        <Card>
          <EmptyState icon={<IconWebhook size={30} />} title={t("webhook.emptyTitle")} text={t("webhook.emptyText")}>
            {add}
          </EmptyState>
        </Card>
      )}
      <Stack>
        {webhooks.data?.map((each) => (
          <WebhookCard key={each.id} webhook={each} onWish={(wish) => setOpen({ wish, webhook: each })} />
        ))}
      </Stack>

      {(open?.wish === "add" || open?.wish === "edit") && (
        <WebhookForm
          webhook={webhook}
          onClose={close}
          onSecret={(made) => {
            close();
            setSecret(made);
          }}
        />
      )}
      {webhook && open.wish === "log" && <DeliveryLog webhook={webhook} onClose={close} />}
      {webhook && open.wish === "replay" && <ReplayDialog webhook={webhook} onClose={close} />}
      {webhook && open.wish === "rotate" && (
        <Confirm
          title={t("webhook.rotate")}
          text={t("webhook.rotateText")}
          act={t("webhook.rotate")}
          word={hostOf(webhook)}
          busy={rotate.isPending}
          error={rotate.error}
          onConfirm={() =>
            rotate.mutate(webhook.id, {
              onSuccess: (made) => {
                close();
                setSecret(made.secret);
              },
            })
          }
          onClose={close}
        />
      )}
      {webhook && open.wish === "delete" && (
        <Confirm
          title={`${t("common.delete")}: ${webhook.url}`}
          text={t("webhook.deleteText")}
          act={t("common.delete")}
          word={hostOf(webhook)}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(webhook.id, { onSuccess: close })}
          onClose={close}
        />
      )}
      {secret !== undefined && (
        <Secret
          title={t("webhook.secretTitle")}
          text={t("webhook.secretText")}
          value={secret}
          done={t("webhook.secretDone")}
          onClose={() => setSecret(undefined)}
        />
      )}
    </Page>
  );
}
