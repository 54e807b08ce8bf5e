import { Alert, Button, Group, Select, Skeleton, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { answer } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { accountsQuery } from "~/api/queries";
import { ProblemAlert } from "~/ui/ProblemAlert";

/** A phone of the simulated network. What makes it is no part of the API: only sandboxes have it. */
interface Phone {
  phone: string;
  name: string;
}

interface Letter {
  account_id: string;
  phone?: string | undefined;
  name?: string | undefined;
  text: string;
}

const PATH = "/sandbox/phones";
const phonesKey = ["sandbox-phones"] as const;

async function call<T>(init?: RequestInit): Promise<T> {
  const asked = fetch(PATH, init).then(async (response) => {
    const body: unknown = await response.json().catch(() => undefined);
    return response.ok ? { data: body as T, response } : { error: body, response };
  });
  return (await answer<T>(asked)).body;
}

const POINTERS = { "/name": "name", "/text": "text" } as const;
const NEW = "";

/** Makes a virtual phone and lets it write to an account; or lets one write that was made before. */
export function SandboxLetter() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const accounts = (useQuery(accountsQuery).data ?? []).filter((account) => account.phone);
  const phones = useQuery({ queryKey: phonesKey, queryFn: () => call<Phone[]>() });
  const [account, setAccount] = useState<string>();
  const [phone, setPhone] = useState(NEW);
  const [name, setName] = useState("Budi");
  const [text, setText] = useState(t("sandbox.letter"));
  const send = useMutation({
    mutationFn: (letter: Letter) =>
      call<Phone>({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(letter) }),
    onSuccess: (made) => {
      setPhone(made.phone);
      return client.invalidateQueries({ queryKey: phonesKey });
    },
  });
  // Where the network is another process there are no phones to be had here.
  if (phones.error && Problem.from(phones.error).code !== "offline") return null;
  if (phones.isPending) return <Skeleton h={260} />;
  const to = account ?? accounts[0]?.id;
  const { fields, rest } = send.error
    ? sortFields(Problem.from(send.error), POINTERS)
    : { fields: {}, rest: undefined };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (to) send.mutate({ account_id: to, text, ...(phone === NEW ? { name } : { phone }) });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Text size="sm">{t("sandbox.letterText")}</Text>
        {rest && <ProblemAlert error={send.error} text={rest} />}
        {accounts.length === 0 && <Alert color="yellow">{t("sandbox.noAccount")}</Alert>}
        <Group grow align="flex-start">
          <Select
            label={t("sandbox.phone")}
            data={[
              { value: NEW, label: t("sandbox.newPhone") },
              ...(phones.data ?? []).map((each) => ({ value: each.phone, label: `${each.name} (+${each.phone})` })),
            ]}
            value={phone}
            allowDeselect={false}
            onChange={(value) => setPhone(value ?? NEW)}
          />
          <Select
            label={t("sandbox.writesTo")}
            data={accounts.map(({ id, name }) => ({ value: id, label: name }))}
            value={to ?? null}
            allowDeselect={false}
            disabled={accounts.length === 0}
            onChange={(value) => setAccount(value ?? undefined)}
          />
        </Group>
        {phone === NEW && (
          <TextInput
            label={t("sandbox.name")}
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fields.name}
          />
        )}
        <Textarea
          label={t("sandbox.says")}
          value={text}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={4_096}
          dir="auto"
          data-autofocus
          onChange={(event) => setText(event.currentTarget.value)}
          error={fields.text}
        />
        <Group justify="space-between">
          <Text size="sm" role="status" c="teal">
            {send.data && t("sandbox.sent", { name: send.data.name })}
          </Text>
          <Button type="submit" loading={send.isPending} disabled={!to}>
            {t(phone === NEW ? "sandbox.makeAndWrite" : "sandbox.write_act")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
