import type { Texts } from "../en";

export const thread: Texts["thread"] = {
  noMessages: "Tidak ada pesan",
  interrupted:
    "Server berhenti tepat saat sebuah pesan masuk ke sini. Isinya diambil dari ponsel Anda; jika tidak muncul, minta dikirim ulang.",
  retriedTooOften: "Sudah dicoba ulang tiga kali. Kirim sebagai pesan baru.",
  sendAfterAll: "Kirim saja",
  newMessages: "Pesan baru",
  hiddenNumber: "seorang pengguna WhatsApp",
  edited: "disunting",
  revokedByAdmin: "Seorang admin grup menghapus pesan ini",
  liveLocation: "Lokasi langsung: tempat awalnya",
  openMap: "Buka peta",
  write: "Tulis",
  writeTo: "Tulis ke {{name}}, {{number}}",
  votes_one: "{{count}} suara",
  votes_other: "{{count}} suara",
  voters_one: "{{count}} orang memilih",
  voters_other: "{{count}} orang memilih",
  chooseAny: "Jawaban boleh lebih dari satu",
  chooseUpTo_one: "Satu jawaban",
  chooseUpTo_other: "Paling banyak {{count}} jawaban",
};

export const viewer: Texts["viewer"] = {
  tools: "Alat penampil",
  previous: "Sebelumnya",
  next: "Berikutnya",
  zoomIn: "Perbesar",
  zoomOut: "Perkecil",
};
