import type { Texts } from "../en";

export const thread: Texts["thread"] = {
  noMessages: "Tidak ada pesan",
  interrupted: "Sebuah pesan masuk ke sini dan hilang karena server berhenti tepat saat itu. Minta dikirim ulang.",
  retriedTooOften: "Sudah dicoba ulang tiga kali. Kirim sebagai pesan baru.",
  newMessages: "Pesan baru",
  hiddenNumber: "seorang pengguna WhatsApp",
};

export const viewer: Texts["viewer"] = {
  tools: "Alat penampil",
  previous: "Sebelumnya",
  next: "Berikutnya",
  zoomIn: "Perbesar",
  zoomOut: "Perkecil",
};
