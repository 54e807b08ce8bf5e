/** Sample data for what is looked at rather than used: pictures of the screens, and axe. */
import { crc32, deflateSync } from "node:zlib";
import type { Demo } from "./demo";

/** A 1×1 grey picture. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** A poster, as a PNG: hills under a sun. */
export function poster(width = 480, height = 320): string {
  const rows: Buffer[] = [];
  for (let y = 0; y < height; y += 1) {
    const row = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x += 1) {
      const hill = height * (0.72 - 0.16 * Math.sin(x / 70) - 0.05 * Math.sin(x / 23));
      const isSun = Math.hypot(x - width * 0.76, y - height * 0.26) < height * 0.11;
      const sky = [143 - y / 4, 211 - y / 5, 192 - y / 6];
      const [red = 0, green = 0, blue = 0] = y > hill ? [11, 68, 56] : isSun ? [255, 247, 214] : sky;
      row.set([red, green, blue], 1 + x * 3);
    }
    rows.push(row);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const part = (name: string, content: Buffer) => {
    const named = Buffer.concat([Buffer.from(name), content]);
    const frame = Buffer.alloc(4);
    frame.writeUInt32BE(content.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(named));
    return Buffer.concat([frame, named, check]);
  };
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.concat(rows));
  return Buffer.concat([start, part("IHDR", head), part("IDAT", pixels), part("IEND", Buffer.alloc(0))]).toString(
    "base64",
  );
}

/** Quick replies, as a team has them. */
export async function makeReplies(demo: Demo): Promise<void> {
  for (const [shortcut, body] of [
    ["halo", "Halo {{contact.first_name|Kak}}, ada yang bisa kami bantu?"],
    ["rekening", "Donasi dapat dikirim ke rekening Yayasan Harapan. Setelah itu kirim buktinya ke sini, ya."],
    ["terima-kasih", "Terima kasih banyak atas donasinya 🙏"],
  ] as const) {
    await demo.api("POST", "/v1/quick-replies", { shortcut, body });
  }
}

/** Somebody who gave, about whom colleagues know something. */
export async function makeDonor(demo: Demo, chat_id: string): Promise<void> {
  const { contact_id } = await demo.api<{ contact_id: string }>("GET", `/v1/chats/${chat_id}`);
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  for (const [amount, daysAgo, fund] of [
    [125_000_000, 300, "Beasiswa"],
    [50_000_000, 120, "Zakat"],
    [75_000_000, 42, "Zakat"],
  ] as const) {
    const given = { contact_id, amount, given_on: day(daysAgo), fund, method: "bank_transfer" };
    await demo.api("POST", "/v1/donations", given);
  }
  await demo.api("POST", "/v1/custom-fields", { key: "city", label: "Kota", type: "text" });
  const tags = await demo.api<{ data: { id: string }[] }>("GET", "/v1/tags");
  const tag_ids = tags.data.map((tag) => tag.id);
  await demo.api("PATCH", `/v1/contacts/${contact_id}`, { language: "id", fields: { city: "Bandung" }, tag_ids });
  await demo.api("POST", `/v1/chats/${chat_id}/notes`, { body: "Lebih suka dihubungi setelah magrib." });
  const owner_id = (await demo.api<{ data: { id: string }[] }>("GET", "/v1/users")).data[0]?.id;
  const due_at = new Date(Date.now() + 3 * 3_600_000).toISOString();
  await demo.api("POST", "/v1/reminders", { chat_id, owner_id, text: "Kirim kwitansi", due_at });
}

/** A team, and what it sorts chats by. */
export async function makeTeam(demo: Demo): Promise<{ tag: string; ani: string; team: string }> {
  const { id: ani } = await demo.api<{ id: string }>("POST", "/v1/users", {
    email: "ani@example.org",
    name: "Ani Lestari",
    role: "agent",
    password: "a long enough password",
  });
  const { id: tag } = await demo.api<{ id: string }>("POST", "/v1/tags", { name: "Zakat", color: "green" });
  await demo.api("POST", "/v1/tags", { name: "Beasiswa", color: "blue" });
  const { id: team } = await demo.api<{ id: string }>("POST", "/v1/teams", { name: "Donor care" });
  await demo.api("POST", "/v1/invitations", { email: "budi@example.org", name: "Budi", role: "agent" });
  return { tag, ani, team };
}
