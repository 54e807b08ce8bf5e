import type { Texts } from "../en";

export const replay: Texts["replay"] = {
  gap: "يبدأ السجل من الحدث {{seq}}. الأحداث الأقدم لم تعد محفوظة ولم تُرسل.",
};
