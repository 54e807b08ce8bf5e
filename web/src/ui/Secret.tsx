import { ActionIcon, Alert, Button, Code, CopyButton, Group, Stack, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "./Dialog";
import { IconCheck, IconCopy, IconShield } from "./icons";

/** Shows something secret the one time it can be seen. */
export function Secret(props: { title: string; text: string; value: string; done: string; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={props.onClose} title={props.title} closeOnClickOutside={false} size="lg">
      <Stack>
        <Alert icon={<IconShield size={20} />}>{props.text}</Alert>
        <Group wrap="nowrap" gap="xs">
          <Code block flex={1} fz="sm" dir="ltr" style={{ whiteSpace: "pre-wrap" }} data-testid="secret">
            {props.value}
          </Code>
          <CopyButton value={props.value}>
            {({ copied, copy }) => (
              <Tooltip label={copied ? t("common.copied") : t("common.copy")}>
                <ActionIcon variant="light" size="lg" onClick={copy} aria-label={t("common.copy")}>
                  {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
                </ActionIcon>
              </Tooltip>
            )}
          </CopyButton>
        </Group>
        <Group justify="flex-end">
          <Button onClick={props.onClose}>{props.done}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
