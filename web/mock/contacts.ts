/** The part of the stand-in that knows people, and what hangs on them. */
import type {
  Contact,
  Donation,
  Donor,
  DonorRules,
  LoggedEvent,
  Merge,
  Note,
  Reminder,
  Segment,
  TimelineEntry,
  Why,
} from "../src/api/types";
import { type Answer, type Handler, json, nextId, pages, problem, type World } from "./api";

type Find = <T extends { id: string }>(all: T[], id: string, then: (found: T) => Answer) => Answer;
type Emit = (event: Pick<LoggedEvent, "type"> & { data: unknown }) => void;

const RULES: DonorRules = {
  currency: "IDR",
  time_zone: "Asia/Jakarta",
  vip_top_percent: 5,
  vip_lifetime_value: 2_500_000_000,
  loyal_gifts: 3,
  loyal_years: 2,
  new_days: 90,
  at_risk_days: 90,
  lapsed_days: 365,
  long_lapsed_days: 730,
};

const DAY = 86_400_000;

function donorOf(world: World, contact: Contact): Donor {
  const counted = world.donations.filter((each) => each.contact_id === contact.id && each.status === "confirmed");
  const sum = counted.reduce((total, each) => total + each.amount, 0);
  const dates = counted.map((each) => each.given_on).sort();
  const last = dates.at(-1);
  const first = dates[0];
  const days = last === undefined ? null : Math.max(0, Math.floor((Date.now() - Date.parse(last)) / DAY));
  const [segment, why]: [Segment, Why] = contact.opted_out_at
    ? ["opted_out", { code: "opted_out", at: contact.opted_out_at }]
    : counted.length >= 3
      ? ["loyal", { code: "gifts_in_year", gifts: counted.length, needed: 3 }]
      : counted.length > 0
        ? ["new", { code: "first_gift", days: days ?? 0 }]
        : ["prospect", { code: "no_gift" }];
  return {
    contact_id: contact.id,
    currency: "IDR",
    totals:
      first === undefined || last === undefined
        ? []
        : [
            {
              currency: "IDR",
              lifetime_value: sum,
              gifts: counted.length,
              average: Math.floor(sum / counted.length),
              largest: Math.max(...counted.map((each) => each.amount)),
              first_on: first,
              last_on: last,
              streak_years: 1,
            },
          ],
    days_since_last: days,
    segment,
    segment_why: why,
    engagement: {
      score: Math.min(100, counted.length * 20),
      recency: {
        score: days === null ? 0 : 79,
        why: days === null ? { code: "no_gift" } : { code: "last_gift", days },
      },
      frequency: { score: 54, why: { code: "gifts_in_year", gifts: counted.length, needed: null } },
      amount: { score: 50, why: { code: "amount_in_year", amount: sum, currency: "IDR", percent: 50 } },
      conversation: { score: 63, why: { code: "conversation", replies: 2, started: 1 } },
    },
  };
}

function timelineOf(world: World, contact: Contact): TimelineEntry[] {
  const of = <T extends { contact_id?: string | null }>(all: T[]) =>
    all.filter((each) => each.contact_id === contact.id);
  const entries: TimelineEntry[] = [
    ...of(world.donations).map((data): TimelineEntry => ({ type: "donation", at: data.created_at, data })),
    ...of(world.notes).map((data): TimelineEntry => ({ type: "note", at: data.created_at, data })),
    ...of(world.reminders).map((data): TimelineEntry => ({ type: "reminder", at: data.created_at, data })),
    ...of(world.merges).map((data): TimelineEntry => ({ type: "merge", at: data.merged_at, data })),
    { type: "first_contact", at: contact.created_at, data: contact },
  ];
  return entries.toSorted((a, b) => b.at.localeCompare(a.at));
}

export function contactRoutes(world: World, find: Find, emit: Emit): Record<string, Handler> {
  const now = () => new Date().toISOString();
  const me = () => `user:${world.user?.id ?? ""}`;
  return {
    "GET /v1/contacts": ({ query }) => {
      const search = query.get("search")?.toLowerCase();
      const fits = (contact: Contact) =>
        search === undefined || contact.name.toLowerCase().includes(search) || contact.phone?.includes(search);
      return pages(world.contacts.filter(fits), query);
    },
    "GET /v1/contacts/:id": ({ id }) => find(world.contacts, id, (contact) => json(contact)),
    "DELETE /v1/contacts/:id": ({ id }) =>
      find(world.contacts, id, () => {
        const chats = world.chats.filter((chat) => chat.contact_id === id).map((chat) => chat.id);
        world.contacts = world.contacts.filter((contact) => contact.id !== id);
        world.chats = world.chats.filter((chat) => chat.contact_id !== id);
        emit({ type: "contact.erased", data: { id, other_ids: [], chat_ids: chats } });
        return json(null, 204);
      }),
    "PATCH /v1/contacts/:id": ({ id, body }) =>
      find(world.contacts, id, async (contact) => {
        const { fields, opted_out, tag_ids, ...values } = (await body()) as {
          fields?: Record<string, unknown>;
          opted_out?: boolean;
          name?: string | null;
          tag_ids?: string[] | null;
        };
        const kept = Object.entries({ ...contact.fields, ...fields }).filter(([, value]) => value !== null);
        Object.assign(contact, values, { fields: Object.fromEntries(kept) });
        if ("name" in values) {
          contact.own_name = values.name ?? null;
          contact.name = values.name ?? contact.push_name ?? contact.phone ?? "";
        }
        if (tag_ids !== undefined) contact.tag_ids = (tag_ids ?? []).toSorted();
        if (opted_out !== undefined) contact.opted_out_at = opted_out ? now() : null;
        emit({ type: "contact.updated", data: contact });
        return json(contact);
      }),
    "GET /v1/contacts/:id/donor": ({ id }) => find(world.contacts, id, (contact) => json(donorOf(world, contact))),
    "GET /v1/contacts/:id/timeline": ({ id, query }) =>
      find(world.contacts, id, (contact) => pages(timelineOf(world, contact), query)),
    "GET /v1/contacts/:id/merges": ({ id, query }) =>
      pages(
        world.merges.filter((merge) => merge.contact_id === id),
        query,
      ),
    "POST /v1/contacts/:id/merge": ({ id, body }) =>
      find(world.contacts, id, async (contact) => {
        const { other_id } = (await body()) as { other_id: string };
        return find(world.contacts, other_id, (other) => {
          const merge: Merge = {
            id: nextId("mrg"),
            contact_id: contact.id,
            other,
            merged_by: me(),
            merged_at: now(),
            undone_at: null,
          };
          world.merges.push(merge);
          return json(merge, 201);
        });
      }),
    "POST /v1/contacts/:id/unmerge": ({ id, body }) =>
      find(world.contacts, id, async (contact) => {
        const { merge_id } = (await body()) as { merge_id: string };
        return find(world.merges, merge_id, (merge) => {
          merge.undone_at = now();
          return json({ contact, other: merge.other });
        });
      }),
    "GET /v1/chats/:id/notes": ({ id, query }) =>
      find(world.chats, id, (chat) => {
        const fits = (note: Note) => (chat.contact_id ? note.contact_id === chat.contact_id : note.chat_id === chat.id);
        return pages(
          world.notes.filter(fits).toSorted((a, b) => b.created_at.localeCompare(a.created_at)),
          query,
        );
      }),
    "POST /v1/chats/:id/notes": ({ id, body }) =>
      find(world.chats, id, async (chat) => {
        const note: Note = {
          id: nextId("note"),
          contact_id: chat.contact_id ?? null,
          chat_id: chat.contact_id ? null : chat.id,
          author: me(),
          author_name: world.user?.name ?? "",
          is_pinned: false,
          created_at: now(),
          edited_at: null,
          ...((await body()) as { body: string }),
        };
        world.notes.push(note);
        emit({ type: "note.created", data: note });
        return json(note, 201);
      }),
    "PATCH /v1/notes/:id": ({ id, body }) =>
      find(world.notes, id, async (note) => {
        Object.assign(note, (await body()) as Partial<Note>);
        emit({ type: "note.updated", data: note });
        return json(note);
      }),
    "DELETE /v1/notes/:id": ({ id }) => {
      world.notes = world.notes.filter((note) => note.id !== id);
      return json(null, 204);
    },
    "GET /v1/reminders": ({ query }) =>
      pages(
        world.reminders
          .filter((reminder) => reminder.status === (query.get("status") ?? "open"))
          .filter((reminder) => !query.get("contact_id") || reminder.contact_id === query.get("contact_id"))
          .filter((reminder) => !query.get("chat_id") || reminder.chat_id === query.get("chat_id"))
          .toSorted((a, b) => a.due_at.localeCompare(b.due_at)),
        query,
      ),
    "POST /v1/reminders": async ({ body }) => {
      const values = (await body()) as Pick<Reminder, "text" | "due_at" | "time_zone" | "chat_id" | "owner_id">;
      const chat = world.chats.find((each) => each.id === values.chat_id);
      const reminder: Reminder = {
        id: nextId("rem"),
        contact_id: chat?.contact_id ?? null,
        about: chat?.name ?? null,
        status: "open",
        fired_at: null,
        created_by: me(),
        created_at: now(),
        updated_at: now(),
        ...values,
      };
      world.reminders.push(reminder);
      emit({ type: "reminder.created", data: reminder });
      return json(reminder, 201);
    },
    "PATCH /v1/reminders/:id": ({ id, body }) =>
      find(world.reminders, id, async (reminder) => {
        Object.assign(reminder, (await body()) as Partial<Reminder>);
        emit({ type: "reminder.updated", data: reminder });
        return json(reminder);
      }),
    "GET /v1/donations": ({ query }) => pages(world.donations, query),
    "POST /v1/donations": async ({ body }) => {
      const values = (await body()) as Omit<Donation, "id" | "created_at" | "updated_at" | "recorded_by">;
      if (!world.contacts.some((contact) => contact.id === values.contact_id)) {
        return problem(404, "not_found", "contact not found");
      }
      const donation: Donation = {
        id: nextId("don"),
        recorded_by: me(),
        created_at: now(),
        updated_at: now(),
        ...values,
      };
      world.donations.push(donation);
      emit({ type: "donation.recorded", data: donation });
      return json(donation, 201);
    },
    "PATCH /v1/donations/:id": ({ id, body }) =>
      find(world.donations, id, async (donation) => {
        Object.assign(donation, (await body()) as Partial<Donation>);
        emit({ type: "donation.changed", data: donation });
        return json(donation);
      }),
    "DELETE /v1/donations/:id": ({ id }) => {
      world.donations = world.donations.filter((donation) => donation.id !== id);
      return json(null, 204);
    },
    "GET /v1/currencies": () =>
      json({
        data: [
          { code: "IDR", decimals: 2 },
          { code: "JPY", decimals: 0 },
          { code: "USD", decimals: 2 },
        ],
        next: null,
      }),
    "GET /v1/custom-fields": () => json({ data: world.customFields, next: null }),
    "GET /v1/donor-rules": () => json(RULES),
  };
}
