import { Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { cloneElement, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "~/api/queries";
import type { Permission } from "~/api/types";

/** Whether the person who is logged in may do this. */
export function useMay(permission: Permission): boolean {
  const me = useQuery(meQuery).data;
  return me?.permissions.includes(permission) ?? false;
}

/** A control for those who may use it; the others see it disabled, with the reason. */
export function Allowed(props: { to: Permission; children: ReactElement<{ disabled?: boolean }> }) {
  const { t } = useTranslation();
  const may = useMay(props.to);
  if (may) return props.children;
  return (
    <Tooltip label={t("common.notAllowed")}>
      <span>{cloneElement(props.children, { disabled: true })}</span>
    </Tooltip>
  );
}
