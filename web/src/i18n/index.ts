/** The app's languages. English is in the first bundle, the others are fetched when they are chosen. */
import i18next, { type ResourceLanguage } from "i18next";
import { initReactI18next } from "react-i18next";
import { inSentence } from "~/ui/names";
import { en } from "./en";

export const LANGUAGES = {
  en: { name: "English", dir: "ltr", load: async () => en as ResourceLanguage },
  id: { name: "Bahasa Indonesia", dir: "ltr", load: async () => (await import("./id")).id as ResourceLanguage },
  ar: { name: "العربية", dir: "rtl", load: async () => (await import("./ar")).ar as ResourceLanguage },
} as const satisfies Record<string, { name: string; dir: "ltr" | "rtl"; load: () => Promise<ResourceLanguage> }>;

export type Language = keyof typeof LANGUAGES;

const STORED = "pesan.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    nsSeparator: false;
    resources: { translation: typeof en };
  }
}

export function isLanguage(text: string | null | undefined): text is Language {
  return text != null && text in LANGUAGES;
}

/** The language a person chose here before, else the first of the browser's that we speak. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => isLanguage(tag)) ?? "en";
}

export async function startI18n(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: "en",
    fallbackLng: "en",
    nsSeparator: false,
    // React writes texts as texts. What is filled in must neither turn nor hide the sentence around it.
    interpolation: { escape: (text) => inSentence(text, LANGUAGES[currentLanguage()].dir) },
    returnNull: false,
  });
  if (language !== "en") await showLanguage(language);
}

async function showLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await LANGUAGES[language].load());
  }
  await i18next.changeLanguage(language);
}

/** Shows the app in this language and remembers it on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  await showLanguage(language);
  localStorage.setItem(STORED, language);
}

/** The language that is shown. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}
