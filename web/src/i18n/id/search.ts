import type { Texts } from "../en";

export const search: Texts["search"] = {
  label: "Cari obrolan, orang, dan pesan",
  placeholder: "Cari",
  placeholderWithin: "Cari di obrolan ini",
  clear: "Hapus pencarian",
  within: "Hanya di obrolan ini",
  here: "Cari di obrolan ini",
  chats: "Obrolan",
  people: "Orang",
  messages: "Pesan",
  you: "Anda:",
  found_one: "{{count}} ditemukan",
  found_other: "{{count}} ditemukan",
  none: "Tidak ada yang ditemukan",
  noneText: "Periksa ejaannya, atau coba kata yang lebih sedikit. “Kata dalam tanda kutip” dicari yang berdampingan.",
  backTo: "Sudah dicari sampai {{date}}",
  further: "Cari lebih jauh ke belakang",
  indexing: "Sudah dicari sampai {{date}}. Pesan yang lebih lama masih disiapkan untuk pencarian.",
  everything: "Cari “{{text}}” di semuanya",
  newest: "Pesan terbaru",
  gone: "Pesan ini sudah tidak ada di sini.",
};
