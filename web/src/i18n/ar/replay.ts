import type { Texts } from "../en";

export const replay: Texts["replay"] = {
  gap: "يبدأ السجل من الحدث {{seq}}. الأحداث الأقدم لم تعد محفوظة ولم تُرسل.",
  soFar_zero: "لا تسليمات بعد، {{rate}} في الثانية",
  soFar_one: "تسليم واحد حتى الآن، {{rate}} في الثانية",
  soFar_two: "تسليمان حتى الآن، {{rate}} في الثانية",
  soFar_few: "{{count}} تسليمات حتى الآن، {{rate}} في الثانية",
  soFar_many: "{{count}} تسليمًا حتى الآن، {{rate}} في الثانية",
  soFar_other: "{{count}} تسليم حتى الآن، {{rate}} في الثانية",
};
