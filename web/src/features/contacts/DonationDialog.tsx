import { Button, FileInput, Group, NumberInput, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import { currenciesQuery } from "~/api/queries";
import type { Donation, DonationMethod, DonationStatus } from "~/api/types";
import { upload } from "~/api/upload";
import { Dialog } from "~/ui/Dialog";
import { decimalsOf, separators, showMoney } from "~/ui/money";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { localDay } from "~/ui/time";
import { useCorrectDonation, useRecordDonation } from "./actions";
import { donorRulesQuery } from "./queries";

const METHODS: DonationMethod[] = ["bank_transfer", "qris", "e_wallet", "card", "cash", "other"];
const STATUSES: DonationStatus[] = ["confirmed", "pending", "refunded"];

const POINTERS = {
  "/amount": "amount",
  "/currency": "currency",
  "/given_on": "givenOn",
  "/method": "method",
  "/fund": "fund",
  "/status": "status",
  "/note": "note",
  "/media_id": "receipt",
} as const;

interface Values {
  amount: number | string;
  currency: string;
  givenOn: string;
  method: DonationMethod;
  fund: string;
  status: DonationStatus;
  note: string;
  receipt: File | null;
}

/** Writes a donation down, or corrects one. */
export function DonationDialog(props: { contactId: string; donation?: Donation; onClose(): void }) {
  const { t } = useTranslation();
  const { donation, onClose } = props;
  const currencies = useQuery(currenciesQuery).data;
  const rules = useQuery(donorRulesQuery).data;
  const record = useRecordDonation(props.contactId);
  const correct = useCorrectDonation(donation);
  const save = donation ? correct : record;
  const usual = donation?.currency ?? rules?.currency ?? "";
  const signs = separators();
  const form = useForm<Values>({
    initialValues: {
      amount: donation ? donation.amount / 10 ** decimalsOf(currencies, donation.currency) : "",
      currency: "",
      givenOn: donation?.given_on ?? localDay(new Date()),
      method: donation?.method ?? "bank_transfer",
      fund: donation?.fund ?? "",
      status: donation?.status ?? "confirmed",
      note: donation?.note ?? "",
      receipt: null,
    },
    validate: {
      amount: (amount) => (typeof amount === "number" && amount > 0 ? null : t("donor.amountNeeded")),
      givenOn: (givenOn) =>
        givenOn === "" ? t("donor.dateNeeded") : givenOn > localDay(new Date()) ? t("donor.dateFuture") : null,
    },
  });
  const currency = form.values.currency || usual;
  const decimals = decimalsOf(currencies, currency);
  const rest = save.error ? sortFields(Problem.from(save.error), POINTERS).rest : undefined;

  const submit = form.onSubmit(async (values) => {
    const amount = Math.round(Number(values.amount) * 10 ** decimals);
    try {
      const stored = values.receipt ? await upload(values.receipt) : undefined;
      await save.mutateAsync({
        amount,
        currency,
        given_on: values.givenOn,
        method: values.method,
        fund: values.fund.trim() || null,
        status: values.status,
        note: values.note.trim() || null,
        media_id: stored?.id ?? donation?.media_id ?? null,
      });
      notifyDone(
        donation ? t("donor.corrected") : t("donor.recorded", { amount: showMoney(amount, currency, decimals) }),
      );
      onClose();
    } catch (error) {
      const { fields, rest: others } = sortFields(Problem.from(error), POINTERS);
      // A file that could not be stored is the receipt's fault.
      form.setErrors(save.isError || Object.keys(fields).length > 0 ? fields : { receipt: others });
    }
  });

  return (
    <Dialog onClose={onClose} title={t(donation ? "donor.correctTitle" : "donor.recordTitle")}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {rest && <ProblemAlert error={save.error} text={rest} />}
          <Group align="flex-start" wrap="nowrap" gap="sm">
            <NumberInput
              label={t("donor.field_amount")}
              flex={1}
              required
              min={0}
              decimalScale={decimals}
              thousandSeparator={signs.thousand}
              decimalSeparator={signs.decimal}
              hideControls
              inputMode="decimal"
              data-autofocus
              styles={{ input: { textAlign: "end", fontVariantNumeric: "tabular-nums" } }}
              {...form.getInputProps("amount")}
            />
            <Select
              label={t("donor.field_currency")}
              w={110}
              data={currencies?.map((each) => each.code) ?? [currency]}
              searchable
              allowDeselect={false}
              {...form.getInputProps("currency")}
              value={currency}
            />
          </Group>
          <Group align="flex-start" grow gap="sm">
            <TextInput
              type="date"
              label={t("donor.field_date")}
              required
              max={localDay(new Date())}
              {...form.getInputProps("givenOn")}
            />
            <Select
              label={t("donor.field_method")}
              data={METHODS.map((value) => ({ value, label: t(`donor.${value}_method`) }))}
              allowDeselect={false}
              {...form.getInputProps("method")}
            />
          </Group>
          <Group align="flex-start" grow gap="sm">
            <TextInput
              label={t("donor.field_fund")}
              placeholder={t("donor.fundPlaceholder")}
              maxLength={100}
              dir="auto"
              {...form.getInputProps("fund")}
            />
            <Select
              label={t("donor.field_status")}
              data={STATUSES.map((value) => ({ value, label: t(`donor.status_${value}`) }))}
              allowDeselect={false}
              {...form.getInputProps("status")}
            />
          </Group>
          <Textarea
            label={t("donor.field_note")}
            autosize
            minRows={1}
            maxRows={4}
            maxLength={1000}
            dir="auto"
            {...form.getInputProps("note")}
          />
          <FileInput
            label={t("donor.field_receipt")}
            placeholder={t("donor.chooseReceipt")}
            accept="image/*,application/pdf"
            clearable
            clearButtonProps={{ "aria-label": t("donor.removeReceipt") }}
            {...form.getInputProps("receipt")}
          />
          {donation?.media_id && (
            <Text size="sm">
              <a href={`/v1/media/${donation.media_id}/content`} target="_blank" rel="noreferrer">
                {t("donor.receipt")}
              </a>
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={form.submitting}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
