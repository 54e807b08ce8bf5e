import { Button, PasswordInput, Skeleton, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { meQuery } from "~/api/queries";
import type { Welcome } from "~/api/types";
import { useHash } from "~/ui/hash";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { AuthCard } from "./AuthCard";

/** Where somebody joins who was sent a link. The token stands behind the `#`, so that no server in between keeps it. */
export function InvitationPage() {
  const { t } = useTranslation();
  const token = useHash();
  const welcome = useQuery({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => ask(api.POST("/v1/invitations/look-up", { body: { token }, signal })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (welcome.isPending) {
    return (
      <AuthCard title={t("people.joinLoading")} text="">
        <Skeleton h={120} />
      </AuthCard>
    );
  }
  if (welcome.error) {
    if (Problem.from(welcome.error).status === 410) return <Void />;
    return (
      <AuthCard title={t("people.joinLoading")} text="">
        <ProblemAlert error={welcome.error} retry={() => void welcome.refetch()} />
      </AuthCard>
    );
  }
  return <Join key={token} token={token} welcome={welcome.data} />;
}

function Void() {
  const { t } = useTranslation();
  return (
    <AuthCard title={t("people.joinVoidTitle")} text={t("people.joinVoidText")}>
      <Button component={Link} to="/login" size="md" fullWidth>
        {t("auth.login")}
      </Button>
    </AuthCard>
  );
}

const POINTERS = { "/name": "name", "/password": "password" } as const;

function Join({ token, welcome }: { token: string; welcome: Welcome }) {
  const { t } = useTranslation();
  const router = useRouter();
  const client = useQueryClient();
  const form = useForm({ initialValues: { name: welcome.name, password: "" } });
  const join = useMutation({
    mutationFn: (values: { name: string; password: string }) =>
      ask(api.POST("/v1/invitations/accept", { body: { ...values, token } })),
    onSuccess: async () => {
      client.clear();
      await client.fetchQuery(meQuery);
      await router.navigate({ to: "/chats" });
    },
    onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
  });
  const problem = join.error ? Problem.from(join.error) : undefined;
  if (problem?.status === 410) return <Void />;
  const rest = problem && sortFields(problem, POINTERS).rest;
  return (
    <AuthCard
      title={t("people.joinTitle", { organization: welcome.organization })}
      text={t("people.joinText", { email: welcome.email })}
    >
      <form onSubmit={form.onSubmit((values) => join.mutate(values))}>
        <Stack>
          {rest && <ProblemAlert error={problem} text={rest} />}
          <TextInput label={t("auth.yourName")} required autoComplete="name" {...form.getInputProps("name")} />
          <PasswordInput
            visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword") }}
            label={t("common.password")}
            description={t("auth.passwordHint")}
            required
            autoFocus
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" size="md" loading={join.isPending} fullWidth mt="xs">
            {t("people.joinAct")}
          </Button>
        </Stack>
      </form>
    </AuthCard>
  );
}
