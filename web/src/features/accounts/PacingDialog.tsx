import { Button, Group, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import type { Account } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useChange } from "./actions";

const POINTERS = { "/pacing/per_minute": "perMinute", "/pacing/burst": "burst", "/pacing": "perMinute" } as const;

export function PacingDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const { t } = useTranslation();
  const change = useChange();
  const form = useForm({
    initialValues: {
      limited: account.pacing != null,
      perMinute: account.pacing?.per_minute ?? 10,
      burst: account.pacing?.burst ?? 50,
    },
  });
  const sorted = change.error ? sortFields(Problem.from(change.error), POINTERS) : undefined;
  return (
    <Dialog onClose={onClose} title={`${t("account.pacing")}: ${account.name}`}>
      <form
        onSubmit={form.onSubmit(({ limited, perMinute, burst }) =>
          change.mutate(
            { id: account.id, pacing: limited ? { per_minute: perMinute, burst } : null },
            {
              onSuccess: onClose,
              onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
            },
          ),
        )}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("account.pacingText")}
          </Text>
          {sorted?.rest && <ProblemAlert error={change.error} text={sorted.rest} />}
          <Switch label={t("account.pacingOn")} {...form.getInputProps("limited", { type: "checkbox" })} />
          <NumberInput
            label={t("account.perMinute")}
            min={1}
            max={6000}
            allowDecimal={false}
            disabled={!form.values.limited}
            required
            {...form.getInputProps("perMinute")}
          />
          <NumberInput
            label={t("account.burst")}
            description={t("account.burstHint")}
            min={1}
            max={10000}
            allowDecimal={false}
            disabled={!form.values.limited}
            required
            {...form.getInputProps("burst")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
