import { Button, Card, Group, NumberInput, Select, SimpleGrid, Skeleton, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { currenciesQuery, keys } from "~/api/queries";
import type { CurrencyInfo, DonorRules } from "~/api/types";
import { decimalsOf, separators } from "~/ui/money";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { donorRulesQuery } from "./queries";

/** What the segments go by. */
export function DonorRulesForm() {
  const { t } = useTranslation();
  const rules = useQuery(donorRulesQuery);
  const currencies = useQuery(currenciesQuery);
  const error = rules.error ?? currencies.error;
  return (
    <Card component="section" aria-label={t("crm.rulesTitle")}>
      <Title order={2} size="h4">
        {t("crm.rulesTitle")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t("crm.rulesText")}
      </Text>
      {error && <ProblemAlert error={error} />}
      {!error && !(rules.data && currencies.data) && <Skeleton h={200} />}
      {rules.data && currencies.data && <Form rules={rules.data} currencies={currencies.data} />}
    </Card>
  );
}

const COUNTS = {
  vip_top_percent: { label: "crm.vipTop", hint: "crm.vipTopHint", min: 0, max: 100 },
  loyal_gifts: { label: "crm.loyalGifts", hint: undefined, min: 1, max: 1_000 },
  loyal_years: { label: "crm.loyalYears", hint: undefined, min: 1, max: 100 },
  new_days: { label: "crm.newDays", hint: undefined, min: 0, max: 36_500 },
  at_risk_days: { label: "crm.atRisk", hint: undefined, min: 1, max: 36_500 },
  lapsed_days: { label: "crm.lapsed", hint: undefined, min: 1, max: 36_500 },
  long_lapsed_days: { label: "crm.longLapsed", hint: undefined, min: 1, max: 36_500 },
} as const;

type Count = keyof typeof COUNTS;
const NAMES = Object.keys(COUNTS) as Count[];

type Field = Count | "currency" | "time_zone" | "vip_lifetime_value";
const POINTERS = Object.fromEntries(
  [...NAMES, "currency", "time_zone", "vip_lifetime_value"].map((name) => [`/${name}`, name]),
) as Record<string, Field>;

type Values = Record<Count, number | string> & {
  currency: string;
  time_zone: string;
  vip_lifetime_value: number | string;
};

function Form({ rules, currencies }: { rules: DonorRules; currencies: CurrencyInfo[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const signs = separators();
  const form = useForm<Values>({
    initialValues: {
      ...rules,
      vip_lifetime_value:
        rules.vip_lifetime_value == null ? "" : rules.vip_lifetime_value / 10 ** decimalsOf(currencies, rules.currency),
    },
  });
  const decimals = decimalsOf(currencies, form.values.currency);
  const save = useMutation({
    mutationFn: (values: Values) => {
      const counts = Object.fromEntries(NAMES.map((name) => [name, Number(values[name])]));
      const value = values.vip_lifetime_value;
      const vip_lifetime_value = value === "" ? null : Math.round(Number(value) * 10 ** decimals);
      const { currency, time_zone } = values;
      return ask(api.PATCH("/v1/donor-rules", { body: { ...counts, currency, time_zone, vip_lifetime_value } }));
    },
    onSuccess: (changed) => {
      client.setQueryData(donorRulesQuery.queryKey, changed);
      void client.invalidateQueries({ queryKey: keys.contacts });
      notifyDone(t("crm.saved"));
    },
    onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
  });
  const rest = save.error ? sortFields(Problem.from(save.error), POINTERS).rest : undefined;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      {rest && <ProblemAlert error={save.error} text={rest} />}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={t("crm.currency")}
          data={currencies.map((each) => each.code)}
          searchable
          allowDeselect={false}
          {...form.getInputProps("currency")}
        />
        <Select
          label={t("crm.timeZone")}
          data={Intl.supportedValuesOf("timeZone")}
          searchable
          limit={100}
          allowDeselect={false}
          {...form.getInputProps("time_zone")}
        />
        <NumberInput
          label={t("crm.vipValue")}
          description={t("crm.vipValueHint")}
          min={0}
          decimalScale={decimals}
          thousandSeparator={signs.thousand}
          decimalSeparator={signs.decimal}
          hideControls
          {...form.getInputProps("vip_lifetime_value")}
        />
        {NAMES.map((name) => {
          const { label, hint, min, max } = COUNTS[name];
          return (
            <NumberInput
              key={name}
              label={t(label)}
              description={hint && t(hint)}
              min={min}
              max={max}
              allowDecimal={false}
              {...form.getInputProps(name)}
            />
          );
        })}
      </SimpleGrid>
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={save.isPending}>
          {t("common.save")}
        </Button>
      </Group>
    </form>
  );
}
