import { Stack } from "@mantine/core";
import { CustomFields } from "./CustomFields";
import { DonorRulesForm } from "./DonorRulesForm";

/** What an organization decides about its contacts: their fields, and how donors are told apart. */
export function ContactSettings() {
  return (
    <Stack gap="lg">
      <CustomFields />
      <DonorRulesForm />
    </Stack>
  );
}
