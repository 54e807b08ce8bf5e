import { Button, Card, Group, Radio, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { invitationsQuery } from "~/api/queries";
import type { CreatedInvitation, Invitation, Role } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";
import { Secret } from "~/ui/Secret";
import { full } from "~/ui/time";
import { doLater, useHeld } from "~/ui/undo";

export const ROLES = ["owner", "admin", "agent"] as const satisfies readonly Role[];

/** Who was invited and has not joined yet. */
export function OpenInvitations() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const held = useHeld();
  const invitations = (useQuery(invitationsQuery).data ?? []).filter(({ id }) => !held.has(id));
  const revoke = ({ id, name }: Invitation) =>
    doLater(id, t("people.inviteRevoked", { name }), async () => {
      await ask(api.DELETE("/v1/invitations/{id}", { params: { path: { id } } }));
      await client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
    });
  if (invitations.length === 0) return null;
  return (
    <Stack component="section" aria-label={t("people.inviteOpen")}>
      <Title order={2} size="h5">
        {t("people.inviteOpen")}
      </Title>
      {invitations.map((invitation) => (
        <Card key={invitation.id} component="article" aria-label={invitation.name} padding="md">
          <Group justify="space-between" gap="sm">
            <div style={{ minWidth: 0 }}>
              <Text fw={600}>{invitation.name}</Text>
              <Text size="sm" c="dimmed" truncate>
                {invitation.email} · {t(`settings.${invitation.role}`)} ·{" "}
                {t("people.inviteUntil", { time: full(invitation.expires_at) })}
              </Text>
            </div>
            <Button variant="subtle" color="red" size="xs" onClick={() => revoke(invitation)}>
              {t("people.inviteRevoke")}
            </Button>
          </Group>
          <RowProblem of={invitation.id} />
        </Card>
      ))}
    </Stack>
  );
}

interface Values {
  email: string;
  name: string;
  role: Role;
}

const POINTERS = { "/email": "email", "/name": "name", "/role": "role" } as const;

/** Asks whom to invite, and shows the link once. */
export function Invite({ mayOwners, onClose }: { mayOwners: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [created, setCreated] = useState<CreatedInvitation>();
  const form = useForm<Values>({ initialValues: { email: "", name: "", role: "agent" } });
  const create = useMutation({
    mutationFn: (body: Values) => ask(api.POST("/v1/invitations", { body })),
    onSuccess: (invitation) => {
      void client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
      setCreated(invitation);
    },
    onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
  });
  if (created?.link) {
    return (
      <Secret
        title={t("people.inviteLinkTitle", { name: created.name })}
        text={created.mailed ? t("people.inviteMailed") : t("people.inviteLink")}
        value={created.link}
        done={t("people.inviteDone")}
        onClose={onClose}
      />
    );
  }
  const rest = create.error ? sortFields(Problem.from(create.error), POINTERS).rest : undefined;
  return (
    <Dialog onClose={onClose} title={t("people.invite")}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          {rest && <ProblemAlert error={create.error} text={rest} />}
          <TextInput
            label={t("common.name")}
            required
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("name")}
          />
          <TextInput
            label={t("common.email")}
            type="email"
            required
            autoComplete="off"
            {...form.getInputProps("email")}
          />
          <Radio.Group label={t("settings.role")} {...form.getInputProps("role")}>
            <Stack gap="xs" mt="xs">
              {ROLES.map((role) => (
                <Radio
                  key={role}
                  value={role}
                  disabled={role === "owner" && !mayOwners}
                  label={t(`settings.${role}`)}
                  description={t(`settings.${role}Hint`)}
                />
              ))}
            </Stack>
          </Radio.Group>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("people.inviteSend")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
