/** Sample data for what is looked at rather than used: pictures of the screens, and axe. */
import type { Demo } from "./demo";

/** A 1×1 grey picture. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

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
export async function makeTeam(demo: Demo): Promise<{ tag: string; ani: string }> {
  const { id: ani } = await demo.api<{ id: string }>("POST", "/v1/users", {
    email: "ani@example.org",
    name: "Ani Lestari",
    role: "agent",
    password: "a long enough password",
  });
  const { id: tag } = await demo.api<{ id: string }>("POST", "/v1/tags", { name: "Zakat", color: "green" });
  await demo.api("POST", "/v1/tags", { name: "Beasiswa", color: "blue" });
  await demo.api("POST", "/v1/teams", { name: "Donor care" });
  await demo.api("POST", "/v1/invitations", { email: "budi@example.org", name: "Budi", role: "agent" });
  return { tag, ani };
}
