import { ActionIcon, Button, Card, Group, Progress, Stack, Text, ThemeIcon, Title, Tooltip } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactElement, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { hasSentQuery, usersQuery } from "~/api/queries";
import type { Account } from "~/api/types";
import { useLiveEvents } from "~/live/Live";
import { useMay } from "~/ui/Allowed";
import { IconCheck, IconClose, IconNewMessage, IconQr, IconUsers } from "~/ui/icons";
import { useLink } from "./Linking";
import classes from "./Onboarding.module.css";

const STORED = "pesan.onboarding";

interface Props {
  accounts: Account[];
  onAdd(): void;
}

/** The first steps of a new organization, for those who set it up. What is done is read from what there is. */
export function Onboarding(props: Props) {
  const mayManage = useMay("accounts:manage");
  const mayInvite = useMay("members:manage");
  const [isDismissed, setDismissed] = useState(() => localStorage.getItem(STORED) === "dismissed");
  if (!mayManage || !mayInvite || isDismissed) return null;
  return (
    <Steps
      {...props}
      onDismiss={() => {
        localStorage.setItem(STORED, "dismissed");
        setDismissed(true);
      }}
    />
  );
}

function Steps({ accounts, onAdd, onDismiss }: Props & { onDismiss(): void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const link = useLink();
  const users = useQuery(usersQuery).data;
  const hasSent = useQuery(hasSentQuery).data;
  useLiveEvents(({ type }) => {
    if (type === "message.sent" && !hasSent) void client.invalidateQueries({ queryKey: hasSentQuery.queryKey });
  });
  const [wasOpen, setWasOpen] = useState(false);
  if (users === undefined || hasSent === undefined) return null;

  const isLinked = accounts.some((account) => account.last_connected_at != null);
  const isInvited = users.length > 1;
  const done = [isLinked, hasSent, isInvited].filter(Boolean).length;
  const isComplete = done === 3;
  if (!isComplete && !wasOpen) setWasOpen(true);
  // An organization that needs none of this is not told about it.
  if (isComplete && !wasOpen) return null;

  const [unlinked] = accounts;
  return (
    <Card component="section" aria-label={t("onboarding.title")}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Title order={2} size="h4">
            {isComplete ? t("onboarding.allDone") : t("onboarding.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {isComplete ? t("onboarding.allDoneText") : t("onboarding.progress", { done, count: 3 })}
          </Text>
        </div>
        <ActionIcon variant="subtle" color="gray" aria-label={t("onboarding.dismiss")} onClick={onDismiss}>
          <IconClose size={18} />
        </ActionIcon>
      </Group>
      <Progress value={(done / 3) * 100} mt="sm" aria-label={t("onboarding.progress", { done, count: 3 })} />
      <Stack component="ol" gap="xs" mt="md" className={classes.steps}>
        <Step
          icon={<IconQr size={20} />}
          isDone={isLinked}
          title={t("onboarding.linkTitle")}
          text={t("onboarding.linkText")}
        >
          <Button size="xs" variant="light" onClick={() => (unlinked ? link(unlinked) : onAdd())}>
            {t("onboarding.linkAct")}
          </Button>
        </Step>
        <Step
          icon={<IconNewMessage size={20} />}
          isDone={hasSent}
          title={t("onboarding.sendTitle")}
          text={t("onboarding.sendText")}
        >
          {isLinked ? (
            <Button
              size="xs"
              variant="light"
              renderRoot={(props) => <Link {...props} to="/chats" search={{ new: true }} />}
            >
              {t("onboarding.sendAct")}
            </Button>
          ) : (
            <Tooltip label={t("onboarding.sendFirst")}>
              <Button size="xs" variant="light" data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
                {t("onboarding.sendAct")}
              </Button>
            </Tooltip>
          )}
        </Step>
        <Step
          icon={<IconUsers size={20} />}
          isDone={isInvited}
          title={t("onboarding.inviteTitle")}
          text={t("onboarding.inviteText")}
        >
          <Button
            size="xs"
            variant="light"
            renderRoot={(props) => <Link {...props} to="/settings" search={{ tab: "members" }} />}
          >
            {t("onboarding.inviteAct")}
          </Button>
        </Step>
      </Stack>
    </Card>
  );
}

interface StepProps {
  icon: ReactNode;
  isDone: boolean;
  title: string;
  text: string;
  /** What does it. */
  children: ReactElement;
}

function Step({ icon, isDone, title, text, children }: StepProps) {
  const { t } = useTranslation();
  return (
    <li className={classes.step}>
      <ThemeIcon
        size={36}
        radius="xl"
        variant={isDone ? "filled" : "light"}
        role={isDone ? "img" : undefined}
        aria-label={isDone ? t("onboarding.done") : undefined}
        aria-hidden={!isDone || undefined}
      >
        {isDone ? <IconCheck size={20} /> : icon}
      </ThemeIcon>
      <div className={classes.text}>
        <Text fw={600} c={isDone ? "dimmed" : undefined}>
          {title}
        </Text>
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      </div>
      {!isDone && children}
    </li>
  );
}
