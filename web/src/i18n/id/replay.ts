import type { Texts } from "../en";

export const replay: Texts["replay"] = {
  gap: "Catatan dimulai dari peristiwa {{seq}}. Peristiwa yang lebih lama tidak disimpan lagi dan tidak dikirim.",
  soFar_one: "{{count}} pengiriman sejauh ini, {{rate}} per detik",
  soFar_other: "{{count}} pengiriman sejauh ini, {{rate}} per detik",
};
