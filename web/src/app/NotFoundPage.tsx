import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "~/ui/EmptyState";
import { IconSearch } from "~/ui/icons";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={<IconSearch size={30} />} title={t("nav.notFound")} text={t("nav.notFoundText")}>
      <Button component={Link} to="/chats" mt="sm">
        {t("nav.home")}
      </Button>
    </EmptyState>
  );
}
