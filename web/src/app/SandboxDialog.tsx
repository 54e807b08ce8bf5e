import { Code, Divider, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "~/ui/Dialog";
import { SandboxLetter } from "./SandboxLetter";

const JSON_TYPE = "-H 'content-type: application/json'";

/** The commands, as they are typed in a shell. `$NET`, `$KEY` and `$URL` are explained beside them. */
const COMMANDS = [
  {
    text: "make",
    lines: [`curl -X POST $NET/admin/phones ${JSON_TYPE} -d '{"phone":"628000000777","push_name":"Budi"}'`],
  },
  {
    text: "scan",
    hint: "scanHint",
    lines: [
      `curl -s -H "Authorization: Bearer $KEY" $URL/v1/accounts/acc_…/qr | sed 's/.*"code":"\\([^"]*\\)".*/\\1/' > code.txt`,
      "curl -X POST $NET/admin/phones/628000000777/scan --data-binary @code.txt",
    ],
  },
  {
    text: "write",
    lines: [
      `curl -X POST $NET/admin/phones/628000000777/messages ${JSON_TYPE} -d '{"to":"628000000001","text":"Halo!"}'`,
    ],
  },
  { text: "read", lines: ["curl $NET/admin/phones/628000000777/messages"] },
  { text: "unlink", lines: ["curl -X DELETE $NET/admin/phones/628000000777/devices/1"] },
] as const;

/** Phones to play with: one is made and writes, or they are made by commands. */
export function SandboxDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={onClose} size="lg" title={t("sandbox.title")}>
      <Stack>
        <SandboxLetter />
        <Divider />
        <Title order={3} size="h5">
          {t("sandbox.commands")}
        </Title>
        <Text size="sm">{t("sandbox.text")}</Text>
        {COMMANDS.map((command) => (
          <Stack key={command.text} gap={6}>
            <Text size="sm" fw={600}>
              {t(`sandbox.${command.text}`)}
            </Text>
            {"hint" in command && <Text size="sm">{t(`sandbox.${command.hint}`)}</Text>}
            {command.lines.map((line) => (
              <Code key={line} block dir="ltr" style={{ whiteSpace: "pre-wrap" }}>
                {line}
              </Code>
            ))}
          </Stack>
        ))}
        <Text size="sm" c="dimmed">
          {t("sandbox.key")}
        </Text>
      </Stack>
    </Dialog>
  );
}
