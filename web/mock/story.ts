/** A world with something in it, to look at the pages. Every number and name is made up. */
import { emptyWorld, makeAccount, makeChat, makeContact, makeMessage, makeTag, type World } from "./api";

const MINUTE = 60_000;
const before = (minutes: number) => new Date(Date.now() - minutes * MINUTE).toISOString();

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="300"><defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#8fd3c0"/><stop offset="1" stop-color="#24665a"/></linearGradient></defs><rect width="480" height="300" fill="url(#g)"/><circle cx="370" cy="80" r="38" fill="#fff7d6"/><path d="M0 240 120 140l80 70 90-110 190 160v40H0Z" fill="#0b4438"/></svg>`;

export function story(): World {
  const world = emptyWorld();
  const desk = makeAccount({ id: "acc_1", name: "Front desk" });
  const donors = makeAccount({
    id: "acc_2",
    name: "Donor care",
    phone: "+628000000002",
    state: "logged_out",
    state_since: before(12),
    queued: 14,
    last_connected_at: before(13),
    reason: { code: "logged_out_401", detail: "The phone unlinked this device." },
  });
  const events = makeAccount({
    id: "acc_3",
    name: "Events",
    phone: "+628000000003",
    state: "reconnecting",
    state_since: before(1),
    pacing: null,
  });
  const fresh = makeAccount({
    id: "acc_4",
    name: "Ramadan campaign",
    phone: null,
    push_name: null,
    state: "created",
    last_connected_at: null,
    state_since: before(2),
  });
  world.accounts = [desk, donors, events, fresh];
  world.history = [
    { state: "connected", at: before(180), reason: null },
    { state: "syncing", at: before(181), reason: null },
    {
      state: "starting",
      at: before(181),
      reason: { code: "stream_error_515", detail: "WhatsApp asked to connect again after linking." },
    },
    { state: "need_scan", at: before(183), reason: null },
    {
      state: "logged_out",
      at: before(200),
      reason: { code: "logged_out_401", detail: "The phone unlinked this device." },
    },
    { state: "connected", at: before(4000), reason: null },
  ];

  const names = [
    "Budi Santoso",
    "Siti Rahma",
    "Relawan Jakarta",
    "أحمد المنصوري",
    "+62 800-0000-0105",
    "Maria Kusuma",
    "Agus Wijaya",
    "Dewi Lestari",
    "Panitia Zakat",
    "Nur Aini",
    "Hendra Gunawan",
    "Fatimah Zahra",
    "Rudi Hartono",
    "Lina Marlina",
  ];
  const lines = [
    "Terima kasih, sudah saya transfer ya 🙏",
    "Can I visit on Saturday?",
    "Besok kumpul jam 8 di posko",
    "السلام عليكم، كيف يمكنني التبرع؟",
    "Halo",
    "Foto dari acara kemarin",
    "Kwitansi.pdf",
    "Baik, terima kasih",
    "Laporan minggu ini",
    "Amin 🤲",
    "Apakah kantor buka hari Minggu?",
    "Sampai jumpa",
    "Sudah diterima",
    "Oke",
  ];
  world.chats = names.map((name, index) =>
    makeChat({
      id: `cht_${index + 1}`,
      name,
      account_id: index % 4 === 3 ? "acc_2" : "acc_1",
      address:
        index % 6 === 2 ? `12036300000000${index}@g.us` : `6280000001${String(index).padStart(2, "0")}@s.whatsapp.net`,
      is_group: index % 6 === 2,
      unread: [2, 0, 5, 1, 0, 0, 0, 0, 12][index] ?? 0,
      last_message_at: before(index * index * 23 + 2),
      assignee_id: index % 3 === 0 ? "usr_1" : index % 3 === 1 ? "usr_2" : null,
      is_starred: index === 1 || index === 4,
      tag_ids: [["tag_1"], ["tag_1", "tag_2", "tag_3"], [], ["tag_2"]][index % 5] ?? [],
      status: index === 7 ? "snoozed" : index === 11 ? "closed" : "open",
      snoozed_until: index === 7 ? before(-180) : null,
      waiting_since: index < 3 ? before(index * 40 + 2) : null,
      last_message: {
        type: index === 5 ? "image" : index === 6 ? "document" : "text",
        preview: lines[index] ?? "",
        direction: index % 3 === 1 ? "out" : "in",
        status:
          index % 3 === 1
            ? ((["read", "delivered", "sent", "failed"] as const)[((index / 3) % 4) | 0] ?? "sent")
            : "received",
      },
    }),
  );

  world.tags = [
    makeTag({ id: "tag_1", name: "Zakat", color: "green" }),
    makeTag({ id: "tag_2", name: "Beasiswa", color: "indigo" }),
    makeTag({ id: "tag_3", name: "Kwitansi", color: "orange" }),
  ];
  world.teams = [
    { id: "team_1", name: "Donor care", member_ids: ["usr_1", "usr_2"], created_at: before(9000) },
    { id: "team_2", name: "Events", member_ids: ["usr_2"], created_at: before(8000) },
  ];
  const sari = { type: "user", id: "usr_1", name: "Sari Dewi" } as const;
  const agus = { type: "user", id: "usr_2", name: "Agus Wijaya" } as const;
  world.logs.set("cht_1", [
    { id: "log_4", at: before(4), by: { type: "message" }, type: "opened" },
    { id: "log_3", at: before(36), by: agus, type: "snoozed", until: before(-60) },
    { id: "log_2", at: before(40), by: sari, type: "tagged", tag_id: "tag_1", name: "Zakat" },
    { id: "log_1", at: before(41), by: sari, type: "assigned", user_id: "usr_1", name: "Sari Dewi" },
  ]);
  const [budi] = world.chats;
  if (budi) budi.contact_id = "con_1";
  world.contacts = [
    makeContact({
      id: "con_1",
      name: "Budi Santoso",
      language: "id",
      phone: "+628000000100",
      fields: { city: "Bandung" },
      tag_ids: ["tag_1", "tag_2"],
    }),
    makeContact({ id: "con_2", name: "Budi (kantor)", phone: "+628000000190" }),
  ];
  world.customFields = [
    { id: "fld_1", key: "city", label: "City", type: "text", choices: [], created_at: before(9000) },
    { id: "fld_2", key: "volunteer", label: "Volunteer", type: "boolean", choices: [], created_at: before(9000) },
  ];
  const gift = (id: string, amount: number, days: number, fund: string) => ({
    id,
    contact_id: "con_1",
    amount: amount * 100,
    currency: "IDR",
    method: "bank_transfer" as const,
    given_on: before(days * 24 * 60).slice(0, 10),
    fund,
    status: "confirmed" as const,
    note: null,
    media_id: null,
    recorded_by: "user:usr_1",
    created_at: before(days * 24 * 60),
    updated_at: before(days * 24 * 60),
  });
  world.donations = [
    gift("don_1", 1_250_000, 42, "Beasiswa"),
    gift("don_2", 500_000, 120, "Zakat"),
    gift("don_3", 500_000, 300, "Zakat"),
  ];
  world.notes = [
    {
      id: "note_1",
      contact_id: "con_1",
      chat_id: null,
      author: "user:usr_2",
      author_name: "Agus Wijaya",
      body: "Lebih suka dihubungi setelah magrib.",
      is_pinned: true,
      created_at: before(1488),
      edited_at: null,
    },
  ];
  world.reminders = [
    {
      id: "rem_1",
      owner_id: "usr_1",
      contact_id: "con_1",
      chat_id: "cht_1",
      about: "Budi Santoso",
      text: "Kirim kwitansi",
      due_at: before(-180),
      time_zone: "Asia/Jakarta",
      status: "open",
      fired_at: null,
      created_by: "user:usr_1",
      created_at: before(60),
      updated_at: before(60),
    },
  ];

  world.files.set("med_1", { mime: "image/svg+xml", bytes: new TextEncoder().encode(SVG) });
  world.files.set("med_2", { mime: "application/pdf", bytes: new TextEncoder().encode("%PDF-1.4") });
  const out = { direction: "out" } as const;
  const question = makeMessage(
    { created_at: before(1500) },
    { text: { body: "Selamat siang, apakah donasi untuk program beasiswa masih dibuka?" } },
  );
  const answer = makeMessage(
    { ...out, created_at: before(1493), status: "read", reply_to: question.id },
    { text: { body: "Selamat siang Pak Budi 😊 Masih dibuka sampai tanggal 30. Ini poster programnya:" } },
  );
  const picture = makeMessage(
    { ...out, created_at: before(1492), status: "read" },
    { image: { media_id: "med_1", mime: "image/png", caption: "Program Beasiswa 2026", size: 48_213 } },
  );
  world.messages = [
    question,
    answer,
    picture,
    makeMessage({ created_at: before(1490) }, { reaction: { message_id: picture.id, emoji: "❤️" } }),
    makeMessage(
      { created_at: before(42) },
      { text: { body: "Saya mau ikut 5 anak. Transfer ke rekening yang sama seperti tahun lalu?" } },
    ),
    makeMessage(
      { ...out, created_at: before(38), status: "delivered" },
      { text: { body: "Betul Pak, rekening yang sama. Kami kirim kwitansi setelah dana masuk." } },
    ),
    makeMessage(
      { ...out, created_at: before(37), status: "delivered" },
      { document: { media_id: "med_2", mime: "application/pdf", file_name: "Rekening donasi.pdf", size: 182_400 } },
    ),
    makeMessage(
      { created_at: before(6) },
      { image: { media_id: "med_9", mime: "image/jpeg", caption: "Bukti transfer" } },
    ),
    makeMessage({ created_at: before(5) }, { text: { body: "Terima kasih, sudah saya transfer ya 🙏" } }),
    makeMessage(
      {
        ...out,
        created_at: before(3),
        status: "failed",
        attempts: 4,
        error: {
          code: "send_failed",
          detail: "The message could not be sent after 4 tries: WhatsApp refused it for now.",
        },
      },
      { text: { body: "Alhamdulillah, terima kasih banyak Pak!" } },
    ),
    makeMessage(
      { ...out, created_at: before(1), status: "queued" },
      { text: { body: "Kwitansinya kami kirim hari ini juga." } },
    ),
  ];

  world.webhooks = [
    {
      id: "whk_1",
      url: "https://crm.example.org/hooks/pesan",
      events: ["*"],
      accounts: [],
      envelope: "native",
      enabled: true,
      disabled_reason: null,
      created_at: before(9000),
    },
    {
      id: "whk_2",
      url: "https://donations.example.org/wa",
      events: ["message.received", "message.failed"],
      accounts: [],
      envelope: "simple",
      enabled: false,
      disabled_reason: "Switched off by Sari Dewi.",
      created_at: before(8000),
    },
  ];
  world.deliveries = (["delivered", "delivered", "pending", "failed", "delivered"] as const).map((state, index) => ({
    id: `dlv_${index}`,
    webhook_id: "whk_1",
    event_id: `evt_${index}`,
    event_type: index % 2 ? "message.received" : "message.delivered",
    event_seq: 4180 - index,
    state,
    attempts: state === "failed" ? 14 : state === "pending" ? 2 : 1,
    next_attempt_at: state === "pending" ? before(-5) : null,
    last_status: state === "delivered" ? 200 : 502,
    last_error: null,
    created_at: before(index * 7 + 1),
    finished_at: null,
  }));
  world.keys = [
    {
      id: "key_1",
      name: "Donation website",
      hint: "psk_7fk2",
      scopes: ["messages:send", "messages:read"],
      created_at: before(20_000),
      last_used_at: before(3),
    },
    {
      id: "key_2",
      name: "Reporting",
      hint: "psk_p0q8",
      scopes: ["accounts:read", "messages:read", "events:read"],
      created_at: before(12_000),
      last_used_at: null,
    },
  ];
  world.users.push({
    id: "usr_2",
    organization_id: "org_1",
    email: "agus@example.org",
    name: "Agus Wijaya",
    role: "agent",
    created_at: before(30_000),
  });
  world.quarantine.set("acc_3", [
    {
      id: "qrt_1",
      kind: "message",
      reason: "could not insert message: value too long for column push_name",
      created_at: before(300),
    },
  ]);
  world.audit = [
    { action: "account.create", target: "acc_1" },
    { action: "webhook.create", target: world.webhooks[0]?.id },
    { action: "chat.update", target: "chat_01jd0000000000000000000000" },
    { action: "account.connect", target: "acc_2" },
    { action: "user.log_in", target: "usr_1" },
  ].map(({ action, target }, index) => ({
    seq: 40 - index,
    at: before(index * 300 + 4),
    actor: index === 3 ? "system" : "user:usr_1",
    action,
    target: target ?? null,
    ip: "127.0.0.1",
  }));
  return world;
}
