import { DirectionProvider, MantineProvider, useDirection } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { currentLanguage, LANGUAGES } from "~/i18n";
import { theme } from "./theme";

interface Props {
  client: QueryClient;
  /** Tests need no transitions. */
  env?: "default" | "test";
  children: ReactNode;
}

/** Everything around the pages: theme, direction, cache, notices. */
export function Surroundings({ client, env = "default", children }: Props) {
  return (
    <DirectionProvider initialDirection={LANGUAGES[currentLanguage()].dir} detectDirection={false}>
      <MantineProvider theme={theme} defaultColorScheme="auto" env={env}>
        <LanguageOfDocument />
        <Notifications position="top-center" limit={3} zIndex={500} />
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}

function LanguageOfDocument() {
  const { i18n } = useTranslation();
  const { dir, setDirection } = useDirection();
  const language = currentLanguage();
  const wanted = LANGUAGES[language].dir;
  useEffect(() => {
    document.documentElement.lang = i18n.language;
    if (dir !== wanted || document.documentElement.dir !== wanted) setDirection(wanted);
  }, [i18n.language, dir, wanted, setDirection]);
  return null;
}
