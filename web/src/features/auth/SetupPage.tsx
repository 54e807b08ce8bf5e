import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { meQuery } from "~/api/queries";
import { AuthCard } from "./AuthCard";

interface Values {
  organization: string;
  name: string;
  email: string;
  password: string;
}

const POINTERS = {
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
  const form = useForm<Values>({ initialValues: { organization: "", name: "", email: "", password: "" } });
  const create = useMutation({
    mutationFn: (values: Values) => ask(api.POST("/v1/setup/owner", { body: { ...values, token: token ?? "" } })),
    onSuccess: async () => {
      client.clear();
      await client.fetchQuery(meQuery);
      await router.navigate({ to: "/accounts" });
    },
    onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
  });
  const problem = create.error ? Problem.from(create.error) : undefined;
  const rest = problem && sortFields(problem, POINTERS).rest;

  return (
    <AuthCard title={t("auth.setupTitle")} text={t("auth.setupText")}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          {token === null && <Alert color="yellow">{t("auth.noToken")}</Alert>}
          {problem?.status === 409 ? (
            <Alert color="yellow" role="alert">
              {t("auth.alreadySetUp")}{" "}
              <Anchor component={Link} to="/login" size="sm">
                {t("auth.login")}
              </Anchor>
            </Alert>
          ) : (
            rest && (
              <Alert color="red" role="alert">
                {problem.code === "offline" ? t("common.offline") : rest}
              </Alert>
            )
          )}
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
