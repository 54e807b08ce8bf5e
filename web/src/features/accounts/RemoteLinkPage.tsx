import { Alert, Card, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "~/api/client";
import { Problem } from "~/api/problem";
import type { RemoteLinkView } from "~/api/types";
import { Mark } from "~/app/Mark";
import { useNow } from "~/ui/Ago";
import { useHash } from "~/ui/hash";
import { IconAlert, IconCheck } from "~/ui/icons";
import { LanguageRow } from "~/ui/LanguageRow";
import { ProblemAlert } from "~/ui/ProblemAlert";
import classes from "./LinkDialog.module.css";
import { QrFrame } from "./QrFrame";
import page from "./RemoteLinkPage.module.css";
import { LinkProgress, PhoneSteps, ScanSkeleton, UnderWay } from "./Steps";
import type { Stage } from "./stage";

/** How often it is looked where linking stands. There is no live stream without a log-in. */
const LOOK_MS = 2_000;

/** What is to be seen, and how long the code is still good by the server's clock. */
type Seen = RemoteLinkView & { remainingMs: number };

async function seen(call: Parameters<typeof answer<RemoteLinkView>>[0]): Promise<Seen> {
  const { body, response } = await answer(call);
  const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
  const until = body.qr_expires_at ? Date.parse(body.qr_expires_at) : now;
  return { ...body, remainingMs: Math.max(0, until - now) };
}

const isVoid = (error: unknown) => error !== null && [404, 410].includes(Problem.from(error).status);

/**
 * Where somebody far away links a number, without a log-in. The token stands behind the `#`, so that no server in
 * between and no other page learns it.
 */
export function RemoteLinkPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const token = useHash();
  const queryKey = ["remote-link", token];
  const look = useQuery({
    queryKey,
    queryFn: ({ signal }) => seen(api.POST("/v1/remote-links/look", { body: { token }, signal })),
    retry: false,
    refetchInterval: ({ state }) => (state.data?.state === "connected" || isVoid(state.error) ? false : LOOK_MS),
    refetchIntervalInBackground: true,
    structuralSharing: false,
  });
  const renew = useMutation({
    mutationFn: () => seen(api.POST("/v1/remote-links/renew", { body: { token } })),
    onSuccess: (data) => client.setQueryData(queryKey, data),
    onError: () => look.refetch(),
  });

  if (isVoid(look.error)) {
    return (
      <Frame title={t("remote.voidTitle")}>
        <Text role="status">{t("remote.voidText")}</Text>
      </Frame>
    );
  }
  if (!look.data) {
    return (
      <Frame title={t("remote.loading")}>
        {look.error ? (
          <ProblemAlert error={look.error} retry={() => void look.refetch()} />
        ) : (
          <Skeleton h={240} aria-hidden />
        )}
      </Frame>
    );
  }
  const { account_name: name, state } = look.data;
  if (state === "connected") {
    return (
      <Frame title={t("remote.doneTitle", { name })}>
        <Stack align="center" gap="xl" py="lg">
          <div className={classes.big} data-done>
            <IconCheck size={44} />
          </div>
          <LinkProgress stage="connected" />
          <Text role="status" ta="center">
            {t("remote.doneText")}
          </Text>
        </Stack>
      </Frame>
    );
  }
  return (
    <Frame title={t("remote.title", { name })} text={t("remote.text")}>
      <Linking
        key={token}
        view={look.data}
        readAt={look.dataUpdatedAt}
        isRenewing={renew.isPending}
        onAgain={() => renew.mutate()}
      />
      <TimeLeft until={look.data.expires_at} />
    </Frame>
  );
}

function Linking(props: { view: Seen; readAt: number; isRenewing: boolean; onAgain(): void }) {
  const { t } = useTranslation();
  const { view, readAt, isRenewing, onAgain } = props;
  const [seenCode, setSeenCode] = useState(false);
  const stage = stageOf(view, seenCode);
  if (view.png !== null && !seenCode) setSeenCode(true);
  if (stage === "ended" && seenCode) setSeenCode(false);
  return (
    <Stack gap="lg">
      {(stage === "scan" || stage === "ended") && (
        <div className={classes.scan}>
          <QrFrame
            code={view.png === null ? undefined : { png: view.png, remainingMs: view.remainingMs, readAt }}
            accountName={view.account_name}
            hasEnded={stage === "ended"}
            isRenewing={isRenewing}
            onAgain={onAgain}
          />
          <PhoneSteps />
        </div>
      )}
      {stage === "preparing" && <ScanSkeleton />}
      {stage === "phone" && (
        <Stack align="center" py="lg">
          <UnderWay />
        </Stack>
      )}
      {(stage === "linking" || stage === "syncing") && (
        <Stack align="center" py="lg" gap="xl">
          <UnderWay />
          <LinkProgress stage={stage} />
        </Stack>
      )}
      {stage === "stopped" && (
        <Alert color="yellow" icon={<IconAlert size={20} />}>
          {t("remote.stopped")}
        </Alert>
      )}
      <Text role="status" ta="center" size="sm" c="dimmed" data-testid="link-state">
        {statusText()}
      </Text>
    </Stack>
  );

  function statusText(): string {
    switch (stage) {
      case "preparing":
      case "healing":
        return t("link.preparing");
      case "scan":
        return t("link.waiting");
      case "ended":
        return t("reconnect.ended");
      case "phone":
        return t("remote.onPhone");
      case "linking":
        return t("link.isScanned");
      case "syncing":
        return t("link.isLinked");
      case "connected":
        return t("link.connected");
      case "stopped":
        return t("link.stopped");
      default:
        return stage satisfies never;
    }
  }
}

/** Where linking stands. An account that starts again after its code was shown was scanned. */
function stageOf({ state }: RemoteLinkView, seenCode: boolean): Stage {
  switch (state) {
    case "preparing":
      return seenCode ? "linking" : "preparing";
    case "need_scan":
      return "scan";
    case "on_phone":
      return "phone";
    case "syncing":
      return "syncing";
    case "connected":
      return "connected";
    case "ended":
      return "ended";
    case "stopped":
      return "stopped";
    default:
      return state satisfies never;
  }
}

function TimeLeft({ until }: { until: string }) {
  const { t } = useTranslation();
  const minutes = Math.max(1, Math.round((Date.parse(until) - useNow()) / 60_000));
  return (
    <Text size="sm" c="dimmed" ta="center" mt="md">
      {t("remote.left", { count: minutes })}
    </Text>
  );
}

function Frame({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <main className={page.page}>
      <Stack w="100%" maw={880} gap="lg">
        <Group gap="sm" justify="center">
          <Mark size={36} />
          <Text fz={24} fw={700}>
            Pesan
          </Text>
        </Group>
        <Card padding="xl" shadow="sm">
          <Title order={1} size="h3" dir="auto">
            {title}
          </Title>
          {text && (
            <Text c="dimmed" size="sm">
              {text}
            </Text>
          )}
          <div style={{ marginBlockStart: "var(--mantine-spacing-lg)" }}>{children}</div>
        </Card>
        <LanguageRow />
      </Stack>
    </main>
  );
}
