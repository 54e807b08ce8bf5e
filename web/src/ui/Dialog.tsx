/** The dialogs of the app: shown for as long as they are rendered, and the focus goes back when they are gone. */
import { Drawer, type DrawerProps, Modal, type ModalProps } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFocusBack } from "./focusBack";

export function Dialog(props: Omit<ModalProps, "opened">) {
  const { t } = useTranslation();
  useFocusBack();
  return <Modal opened closeButtonProps={{ "aria-label": t("common.close") }} {...props} />;
}

/** The same at the side of the page. */
export function SideDialog(props: Omit<DrawerProps, "opened">) {
  const { t } = useTranslation();
  useFocusBack();
  return <Drawer opened closeButtonProps={{ "aria-label": t("common.close") }} {...props} />;
}
