import { Anchor, Group } from "@mantine/core";
import { chooseLanguage, currentLanguage, isLanguage, LANGUAGES } from "~/i18n";
import { notifyProblem } from "./notify";

export function LanguageRow() {
  const shown = currentLanguage();
  return (
    <Group justify="center" gap="md">
      {Object.entries(LANGUAGES).map(([code, { name }]) => (
        <Anchor
          key={code}
          component="button"
          type="button"
          size="sm"
          lang={code}
          c={code === shown ? "teal" : "dimmed"}
          aria-current={code === shown ? "true" : undefined}
          onClick={() => isLanguage(code) && void chooseLanguage(code).catch(notifyProblem)}
        >
          {name}
        </Anchor>
      ))}
    </Group>
  );
}
