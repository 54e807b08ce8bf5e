import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { meQuery } from "~/api/queries";
import { AuthCard } from "./AuthCard";

const route = getRouteApi("/login");

export function LoginPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const form = useForm({ initialValues: { email: "", password: "" } });
  const login = useMutation({
    mutationFn: (body: { email: string; password: string }) => ask(api.POST("/v1/login", { body })),
    onSuccess: async () => {
      await client.resetQueries({ queryKey: meQuery.queryKey });
      await client.fetchQuery(meQuery);
      router.history.push(search.redirect ?? "/chats");
    },
    onError: (error) => {
      form.setErrors(sortFields(Problem.from(error), { "/email": "email", "/password": "password" }).fields);
    },
  });

  return (
    <AuthCard title={t("auth.loginTitle")} text={search.ended ? t("auth.ended") : t("auth.loginText")}>
      <form onSubmit={form.onSubmit((values) => login.mutate(values))}>
        <Stack>
          {login.error && <LoginProblem problem={Problem.from(login.error)} />}
          <TextInput
            label={t("common.email")}
            type="email"
            required
            autoComplete="username"
            autoFocus
            {...form.getInputProps("email")}
          />
          <PasswordInput
            visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword") }}
            label={t("common.password")}
            required
            autoComplete="current-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" size="md" loading={login.isPending} fullWidth mt="xs">
            {t("auth.login")}
          </Button>
        </Stack>
      </form>
    </AuthCard>
  );
}

function LoginProblem({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { rest } = sortFields(problem, { "/email": "email", "/password": "password" });
  if (rest === undefined) return null;
  const text =
    problem.status === 401
      ? t("auth.wrong")
      : problem.status === 429
        ? t("auth.tooMany", { secs: problem.retryAfterSecs ?? 60 })
        : rest;
  return (
    <Alert color="red" role="alert">
      {text}
    </Alert>
  );
}
