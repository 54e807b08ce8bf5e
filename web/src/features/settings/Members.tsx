import { Avatar, Badge, Button, Card, Group, Select, Skeleton, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { meQuery, usersQuery } from "~/api/queries";
import type { Role, User } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { Confirm } from "~/ui/Confirm";
import { inRow } from "~/ui/failures";
import { IconPlus } from "~/ui/icons";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";
import { Invite, OpenInvitations, ROLES } from "./Invitations";

export function Members() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const users = useQuery(usersQuery);
  const me = useQuery(meQuery).data?.user;
  const mayOwners = useMay("owners:manage");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<User>();
  const refresh = () => void client.invalidateQueries({ queryKey: usersQuery.queryKey });
  const change = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      ask(api.PATCH("/v1/users/{id}", { params: { path: { id } }, body: { role } })),
    ...inRow(({ id }: { id: string }) => id),
    onSuccess: ({ name, role }) => notifyDone(t("settings.roleChanged", { name, role: t(`settings.${role}`) })),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: ({ id }: User) => ask(api.DELETE("/v1/users/{id}", { params: { path: { id } } })),
    onSuccess: (_, { name }) => {
      notifyDone(t("settings.removed", { name }));
      setRemoving(undefined);
    },
    onSettled: refresh,
  });
  const locked = (user: User) => user.id === me?.id || (user.role === "owner" && !mayOwners);

  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{t("settings.membersText")}</Text>
        <Button leftSection={<IconPlus size={18} />} onClick={() => setAdding(true)}>
          {t("people.invite")}
        </Button>
      </Group>
      {users.error && <ProblemAlert error={users.error} retry={() => void users.refetch()} />}
      {users.isPending && <Skeleton h={72} />}
      {users.data?.map((user) => (
        <Card key={user.id} component="article" aria-label={user.name} padding="md">
          <Group justify="space-between" gap="sm">
            <Group gap="sm" wrap="nowrap" miw={0} flex="1 1 220px">
              <Avatar name={user.name} color="teal" radius="xl" aria-hidden />
              <div style={{ minWidth: 0 }}>
                <Group gap="xs">
                  <Text fw={600}>{user.name}</Text>
                  {user.id === me?.id && <Badge variant="light">{t("settings.itsYou")}</Badge>}
                </Group>
                <Text size="sm" c="dimmed" truncate>
                  {user.email}
                </Text>
              </div>
            </Group>
            <Group gap="xs" wrap="nowrap">
              <Select
                size="sm"
                w={130}
                aria-label={t("settings.roleOf", { name: user.name })}
                data={ROLES.map((role) => ({
                  value: role,
                  label: t(`settings.${role}`),
                  disabled: role === "owner" && !mayOwners,
                }))}
                value={user.role}
                allowDeselect={false}
                disabled={locked(user) || change.isPending}
                onChange={(value) => {
                  const role = ROLES.find((known) => known === value);
                  if (role && role !== user.role) change.mutate({ id: user.id, role });
                }}
              />
              <Button variant="subtle" color="red" size="xs" disabled={locked(user)} onClick={() => setRemoving(user)}>
                {t("settings.remove")}
              </Button>
            </Group>
          </Group>
          <RowProblem of={user.id} />
        </Card>
      ))}
      <OpenInvitations />
      {adding && <Invite mayOwners={mayOwners} onClose={() => setAdding(false)} />}
      {removing && (
        <Confirm
          title={t("settings.removeTitle", { name: removing.name })}
          text={t("settings.removeText")}
          act={t("settings.remove")}
          word={removing.name}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(removing)}
          onClose={() => {
            remove.reset();
            setRemoving(undefined);
          }}
        />
      )}
    </Stack>
  );
}
