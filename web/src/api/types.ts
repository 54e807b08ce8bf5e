/** Short names for the schemas of `openapi.json`. Nothing is typed by hand: each name points into the generated file. */
import type { components, operations, paths } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type AccountState = Schemas["AccountState"];
export type ApiKey = Schemas["ApiKey"];
export type AuditEntry = Schemas["AuditEntry"];
export type Chat = Schemas["Chat"];
export type Delivery = Schemas["Delivery"];
export type DeliveryState = Schemas["DeliveryState"];
export type Envelope = Schemas["Envelope"];
export type LoggedEvent = Schemas["LoggedEvent"];
export type Media = Schemas["Media"];
export type Message = Schemas["Message"];
export type MessageStatus = Schemas["MessageStatus"];
export type Pacing = Schemas["Pacing"];
export type Permission = Schemas["Permission"];
export type ProblemBody = Schemas["Problem"];
export type Role = Schemas["Role"];
export type StateChange = Schemas["StateChange"];
export type User = Schemas["User"];
export type Webhook = Schemas["Webhook"];

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Answer<
  Path extends keyof paths,
  Method extends keyof paths[Path],
  Status extends number,
> = paths[Path][Method] extends {
  responses: Record<Status, infer Found>;
}
  ? Json<Found>
  : never;

export type Me = Answer<"/v1/me", "get", 200>;
export type Setup = Answer<"/v1/setup", "get", 200>;
export type Qr = Answer<"/v1/accounts/{id}/qr", "get", 200>;
export type SendBody = Json<NonNullable<paths["/v1/messages"]["post"]["requestBody"]>>;
export type { operations };
