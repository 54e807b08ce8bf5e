/** Short names for the schemas of `openapi.json`. Nothing is typed by hand: each name points into the generated file. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type AccountState = Schemas["AccountState"];
export type ApiKey = Schemas["ApiKey"];
export type AuditEntry = Schemas["AuditEntry"];
export type Chat = Schemas["Chat"];
export type ChatChanges = Schemas["ChangedChat"];
export type ChatCounters = Schemas["ChatCounters"];
export type ChatLogEntry = Schemas["ChatLogEntry"];
export type ChatPresence = Schemas["ChatPresence"];
export type ChatStatus = Schemas["ChatStatus"];
export type Colleague = Schemas["Colleague"];
export type CreatedInvitation = Schemas["CreatedInvitation"];
export type Delivery = Schemas["Delivery"];
export type DeliveryState = Schemas["DeliveryState"];
export type Envelope = Schemas["Envelope"];
export type Invitation = Schemas["Invitation"];
export type LoggedEvent = Schemas["LoggedEvent"];
export type Media = Schemas["Media"];
export type Message = Schemas["Message"];
export type MessageError = Schemas["MessageError"];
export type MessageStatus = Schemas["MessageStatus"];
export type Organization = Schemas["Organization"];
export type Pacing = Schemas["Pacing"];
export type Permission = Schemas["Permission"];
export type Preferences = Schemas["Preferences"];
export type PresenceState = Schemas["PresenceState"];
export type ProblemBody = Schemas["Problem"];
export type Replayed = Schemas["Replayed"];
export type Role = Schemas["Role"];
export type StateChange = Schemas["StateChange"];
export type StateReason = Schemas["StateReason"];
export type StoredMedia = Schemas["StoredMedia"];
export type Tag = Schemas["Tag"];
export type TagColor = Schemas["TagColor"];
export type Team = Schemas["Team"];
export type User = Schemas["User"];
export type Webhook = Schemas["Webhook"];
export type Welcome = Schemas["Welcome"];
export type WrongField = Schemas["WrongField"];

export type Me = Schemas["Me"];
export type Setup = Schemas["Setup"];
export type Qr = Schemas["Qr"];
export type SendBody = Schemas["NewMessageBody"];
