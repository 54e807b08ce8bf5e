import type { Texts } from "../en";

export const thread: Texts["thread"] = {
  noMessages: "لا توجد رسائل",
  interrupted: "وصلت رسالة إلى هنا وفُقدت لأن الخادم توقف في تلك اللحظة. اطلب إرسالها من جديد.",
  retriedTooOften: "أُعيدت المحاولة ثلاث مرات. أرسلها كرسالة جديدة.",
  newMessages: "رسائل جديدة",
  hiddenNumber: "أحد مستخدمي واتساب",
};

export const viewer: Texts["viewer"] = {
  tools: "أدوات العرض",
  previous: "السابق",
  next: "التالي",
  zoomIn: "تكبير",
  zoomOut: "تصغير",
};
