import { Button, Menu } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Contact } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { Confirm } from "~/ui/Confirm";
import { IconDownload, IconMore, IconTrash } from "~/ui/icons";
import { useErase } from "./actions";

/** What is seldom done with a person: handing out what is held about them, and erasing them. */
export function More({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const may = useMay("contacts:manage");
  const maySeeDonations = useMay("donations:read");
  const [erasing, setErasing] = useState(false);
  const erase = useErase();
  const mayExport = may && maySeeDonations;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button size="xs" variant="subtle" leftSection={<IconMore size={16} />}>
            {t("keeping.more")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {mayExport ? (
            <Menu.Item
              component="a"
              href={`/v1/contacts/${contact.id}/export`}
              download
              leftSection={<IconDownload size={18} />}
            >
              {t("keeping.export")}
            </Menu.Item>
          ) : (
            <Menu.Item disabled leftSection={<IconDownload size={18} />}>
              {t("keeping.export")}
            </Menu.Item>
          )}
          <Menu.Item
            color="var(--problem)"
            disabled={!may}
            leftSection={<IconTrash size={18} />}
            onClick={() => setErasing(true)}
          >
            {t("keeping.erase")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {erasing && (
        <Confirm
          title={t("keeping.eraseTitle", { name: contact.name })}
          text={t("keeping.eraseText")}
          act={t("keeping.eraseAct")}
          word={contact.name}
          busy={erase.isPending}
          error={erase.error}
          onConfirm={() => erase.mutate(contact, { onSuccess: () => setErasing(false) })}
          onClose={() => {
            setErasing(false);
            erase.reset();
          }}
        />
      )}
    </>
  );
}
