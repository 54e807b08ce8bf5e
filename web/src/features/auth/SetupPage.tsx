import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { meQuery, setupQuery } from "~/api/queries";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { AuthCard } from "./AuthCard";

interface Values {
  organization: string;
  name: string;
  email: string;
  password: string;
}

const POINTERS = {
  "/token": "token",
  "/organization": "organization",
  "/name": "name",
  "/email": "email",
  "/password": "password",
} as const;

/** The token stands behind the `#`, so that it is never sent to a server or kept in its logs. */
function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token");
}

export function SetupPage() {
  const { t } = useTranslation();
  const router = useRouter();
  const client = useQueryClient();
  const [token] = useState(() => tokenOf(window.location.hash));
  const setup = useQuery(setupQuery).data;
  const form = useForm<Values>({ initialValues: { organization: "", name: "", email: "", password: "" } });
  const create = useMutation({
    mutationFn: (values: Values) => ask(api.POST("/v1/setup/owner", { body: { ...values, token: token ?? "" } })),
    onSuccess: async () => {
      client.clear();
      await client.fetchQuery(meQuery);
      await router.navigate({ to: "/accounts" });
    },
    onError: (error) => {
      // The token has no field on this page: what is wrong with it is told above the form.
      const { token: _, ...fields } = sortFields(Problem.from(error), POINTERS).fields;
      form.setErrors(fields);
    },
  });
  const problem = create.error ? Problem.from(create.error) : undefined;
  const sorted = problem && sortFields(problem, POINTERS);

  if (problem?.status === 409 || (setup?.needs_owner === false && create.isIdle)) {
    return (
      <AuthCard title={t("auth.setupTitle")} text={t("auth.alreadySetUp")}>
        <Button component={Link} to="/login" size="md" fullWidth>
          {t("auth.login")}
        </Button>
      </AuthCard>
    );
  }
  return (
    <AuthCard title={t("auth.setupTitle")} text={t("auth.setupText")}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          {token === null && <Alert color="yellow">{t("auth.noToken")}</Alert>}
          {sorted?.fields.token && (
            <Alert color="red" role="alert">
              {t("auth.wrongToken")}
            </Alert>
          )}
          {sorted?.rest && <ProblemAlert error={problem} text={sorted.rest} />}
          <TextInput
            label={t("auth.organization")}
            required
            autoComplete="organization"
            autoFocus
            {...form.getInputProps("organization")}
          />
          <TextInput label={t("auth.yourName")} required autoComplete="name" {...form.getInputProps("name")} />
          <TextInput
            label={t("common.email")}
            type="email"
            required
            autoComplete="username"
            {...form.getInputProps("email")}
          />
          <PasswordInput
            visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword") }}
            label={t("common.password")}
            description={t("auth.passwordHint")}
            required
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" size="md" loading={create.isPending} disabled={token === null} fullWidth mt="xs">
            {t("auth.createOwner")}
          </Button>
        </Stack>
      </form>
    </AuthCard>
  );
}
