/** What can be done with people, and what hangs on them. Events refresh the pages of everybody; the own one at once. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { useTryKey } from "~/api/idempotency";
import { keys } from "~/api/queries";
import type { Contact, Donation, DonationMethod, DonationStatus, Note, Reminder } from "~/api/types";
import { setFailure } from "~/ui/failures";
import { notifyDone } from "~/ui/notify";
import { useZone } from "~/ui/time";
import { doLater } from "~/ui/undo";
import { type About, contactQuery, keyOf } from "./queries";

export type FieldValue = Contact["fields"][string];

export interface ContactValues {
  name?: string | null;
  language?: string | null;
  opted_out?: boolean;
  fields?: Record<string, FieldValue | null>;
  tag_ids?: string[];
}

/** Changes a person; what was set is shown before the server answers. One change reaches the server after the other. */
export function useChangeContact(id: string) {
  const client = useQueryClient();
  const { queryKey } = contactQuery(id);
  const mutationKey = ["change-contact", id];
  return useMutation({
    mutationKey,
    scope: { id: mutationKey.join() },
    mutationFn: (body: ContactValues) => ask(api.PATCH("/v1/contacts/{id}", { params: { path: { id } }, body })),
    onMutate: async (values) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData(queryKey);
      if (before) client.setQueryData(queryKey, changed(before, values));
      return before;
    },
    onError: (_error, _values, before) => client.setQueryData(queryKey, before),
    onSuccess: (contact) => {
      // What was set since is still on its way.
      if (client.isMutating({ mutationKey }) === 1) client.setQueryData(queryKey, contact);
    },
  });
}

/** A person as they will be when the server agrees. */
function changed(contact: Contact, { fields, tag_ids }: ContactValues): Contact {
  const next = { ...contact };
  if (fields) {
    const kept = Object.entries({ ...contact.fields, ...fields }).filter(([, value]) => value !== null);
    next.fields = Object.fromEntries(kept) as Contact["fields"];
  }
  if (tag_ids) next.tag_ids = tag_ids.toSorted();
  return next;
}

export function useMerge(id: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const headers = useTryKey();
  return useMutation({
    mutationFn: (other: Contact) => {
      const body = { other_id: other.id };
      return ask(api.POST("/v1/contacts/{id}/merge", { params: { path: { id } }, body, headers: headers(body) }));
    },
    onSuccess: (merge) => {
      notifyDone(t("contact.merged", { name: merge.other.name }));
      void client.invalidateQueries({ queryKey: keys.contacts });
    },
  });
}

export function useUnmerge(id: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (merge_id: string) =>
      ask(api.POST("/v1/contacts/{id}/unmerge", { params: { path: { id } }, body: { merge_id } })),
    onSuccess: ({ other }) => {
      notifyDone(t("contact.unmerged", { name: other.name }));
      void client.invalidateQueries({ queryKey: keys.contacts });
    },
  });
}

/** Erases a person. The chat with them is gone, so the page leaves it. */
export function useErase() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ id }: Contact) => ask(api.DELETE("/v1/contacts/{id}", { params: { path: { id } } })),
    onSuccess: (_, { name }) => {
      notifyDone(t("keeping.erased", { name }));
      void client.invalidateQueries({ queryKey: keys.chats });
      void client.invalidateQueries({ queryKey: keys.counters });
      void navigate({ to: "/chats" });
    },
  });
}

export interface DonationValues {
  amount: number;
  currency: string;
  method: DonationMethod;
  given_on: string;
  fund: string | null;
  status: DonationStatus;
  note: string | null;
  media_id: string | null;
}

export function useRecordDonation(contactId: string) {
  const client = useQueryClient();
  const headers = useTryKey();
  return useMutation({
    mutationFn: (values: DonationValues) => {
      const body = { contact_id: contactId, ...values };
      return ask(api.POST("/v1/donations", { body, headers: headers(body) }));
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.contact(contactId) }),
  });
}

export function useCorrectDonation(donation: Donation | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: DonationValues) =>
      ask(api.PATCH("/v1/donations/{id}", { params: { path: { id: donation?.id ?? "" } }, body: values })),
    onSuccess: (changed) => void client.invalidateQueries({ queryKey: keys.contact(changed.contact_id) }),
  });
}

/** Deletes a donation, once it cannot be taken back any more. */
export function useDeleteDonation() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return ({ id, contact_id }: Donation) =>
    doLater(id, t("donor.deleted"), async () => {
      await ask(api.DELETE("/v1/donations/{id}", { params: { path: { id } } }));
      await client.invalidateQueries({ queryKey: keys.contact(contact_id) });
    });
}

/** Writes a note about the person or the group that a chat is with. */
export function useWriteNote(about: About, chatId: string) {
  const client = useQueryClient();
  const headers = useTryKey();
  return useMutation({
    mutationFn: (text: string) => {
      const body = { body: text };
      return ask(api.POST("/v1/chats/{id}/notes", { params: { path: { id: chatId } }, body, headers: headers(body) }));
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: keyOf(about) }),
  });
}

function aboutOf(thing: { contact_id?: string | null; chat_id?: string | null }): About {
  return thing.contact_id ? { contactId: thing.contact_id } : { chatId: thing.chat_id ?? "" };
}

/** Changes a note; a pin is shown before the server answers. */
export function useChangeNote() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ note, ...body }: { note: Note; body?: string; is_pinned?: boolean }) =>
      ask(api.PATCH("/v1/notes/{id}", { params: { path: { id: note.id } }, body })),
    onMutate: ({ note, is_pinned }) => {
      setFailure(note.id, undefined);
      if (is_pinned === undefined) return;
      client.setQueryData<Note[]>([...keyOf(aboutOf(note)), "notes"], (all) =>
        all?.map((other) => (other.id === note.id ? { ...other, is_pinned } : other)),
      );
    },
    onError: (error, { note }) => setFailure(note.id, error),
    onSettled: (_data, _error, { note }) => void client.invalidateQueries({ queryKey: keyOf(aboutOf(note)) }),
  });
}

/** Deletes a note, once it cannot be taken back any more. */
export function useDeleteNote() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (note: Note) =>
    doLater(note.id, t("note.deleted"), async () => {
      await ask(api.DELETE("/v1/notes/{id}", { params: { path: { id: note.id } } }));
      await client.invalidateQueries({ queryKey: keyOf(aboutOf(note)) });
    });
}

export interface ReminderValues {
  text: string;
  due_at: string;
  owner_id: string;
}

export function useSetReminder(about: About, chatId: string) {
  const client = useQueryClient();
  const headers = useTryKey();
  const time_zone = useZone();
  return useMutation({
    mutationFn: (values: ReminderValues) => {
      const body = { ...values, chat_id: chatId, time_zone };
      return ask(api.POST("/v1/reminders", { body, headers: headers(body) }));
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: keyOf(about) }),
  });
}

/** Changes a reminder; one that was done leaves the list before the server answers. */
export function useChangeReminder() {
  const client = useQueryClient();
  const time_zone = useZone();
  return useMutation({
    mutationFn: ({
      reminder,
      ...body
    }: { reminder: Reminder; status?: Reminder["status"] } & Partial<ReminderValues>) =>
      ask(
        api.PATCH("/v1/reminders/{id}", {
          params: { path: { id: reminder.id } },
          body: body.due_at ? { ...body, time_zone } : body,
        }),
      ),
    onMutate: ({ reminder, status }) => {
      setFailure(reminder.id, undefined);
      if (status === undefined || status === "open") return;
      client.setQueryData<Reminder[]>([...keyOf(aboutOf(reminder)), "reminders"], (all) =>
        all?.filter((other) => other.id !== reminder.id),
      );
    },
    // Its line may have left the list meanwhile, and comes back.
    onError: (error, { reminder }) => setFailure(reminder.id, error),
    onSettled: (_data, _error, { reminder }) => void client.invalidateQueries({ queryKey: keyOf(aboutOf(reminder)) }),
  });
}
