import type { Texts } from "../en";

export const replay: Texts["replay"] = {
  gap: "Catatan dimulai dari peristiwa {{seq}}. Peristiwa yang lebih lama tidak disimpan lagi dan tidak dikirim.",
};
