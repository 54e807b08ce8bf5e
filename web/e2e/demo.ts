/** `pesan demo` on an empty folder for each test, and the simulated phones behind it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as base, expect, type Page } from "@playwright/test";

export const BINARY = process.env.PESAN_BIN ?? new URL("../../target/debug/pesan", import.meta.url).pathname;

/** The line that `pesan demo --json` prints once it is ready. */
interface Ready {
  url: string;
  owner: { email: string; password: string };
  api_key: string;
  organization_id: string;
  wanet: { ws: string; admin: string };
}

/** A message on a simulated phone. */
interface PhoneMessage {
  id: string;
  kind: string;
  direction: "in" | "out";
  text: string | null;
  reply_to: string | null;
  /** How often it reached the screen. */
  shown: number;
}

export class Demo {
  private constructor(
    public ready: Ready,
    private readonly data: string,
    private process: ChildProcess,
  ) {}

  static async start(data: string): Promise<Demo> {
    const process = run(data, "127.0.0.1:0");
    return new Demo(JSON.parse(await firstLine(process)), data, process);
  }

  /** Ends it as a crash of the machine would. */
  async kill(): Promise<void> {
    // What the network counted ends with it.
    await this.expectUnderstood();
    await end(this.process, "SIGKILL");
  }

  /** Starts it again at the same address, on what is there. */
  async restart(): Promise<void> {
    this.process = run(this.data, new URL(this.ready.url).host);
    this.ready = JSON.parse(await firstLine(this.process));
  }

  async stop(): Promise<void> {
    await end(this.process, "SIGTERM");
  }

  /** Calls the API with the demo's key, and gives the body of the answer. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.ready.url + path, {
      method,
      headers: { authorization: `Bearer ${this.ready.api_key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Calls the administration of the simulated network. */
  async wanet(method: string, path: string, body?: unknown): Promise<string> {
    const response = await fetch(this.ready.wanet.admin + path, {
      method,
      headers: { "content-type": typeof body === "string" ? "text/plain" : "application/json" },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text;
  }

  /** Whatever this program has said to the network until now, the network knows what it means. */
  async expectUnderstood(): Promise<void> {
    const { unknown } = JSON.parse(await this.wanet("GET", "/admin/stats"));
    expect(unknown, "stanzas that the network does not know").toEqual({});
  }

  /** A phone with this number. */
  async phone(phone: string, pushName: string): Promise<string> {
    await this.wanet("POST", "/admin/phones", { phone, push_name: pushName });
    return phone;
  }

  /** The phone scans the code that is on the screen. */
  async scan(phone: string, code: string): Promise<void> {
    await this.wanet("POST", `/admin/phones/${phone}/scan`, code);
  }

  /** The phone scans the code that an account shows now. */
  async scanShown(phone: string, account: string): Promise<void> {
    const { code } = await this.api<{ code: string }>("GET", `/v1/accounts/${account}/qr`);
    await this.scan(phone, code);
  }

  /** The phone unlinks every device it has. */
  async unlink(phone: string): Promise<void> {
    const devices: { device: number }[] = JSON.parse(await this.wanet("GET", `/admin/phones/${phone}/devices`));
    for (const { device } of devices) await this.wanet("DELETE", `/admin/phones/${phone}/devices/${device}`);
  }

  /** The phone writes to somebody. */
  async write(phone: string, to: string, text: string): Promise<void> {
    await this.wanet("POST", `/admin/phones/${phone}/messages`, { to, text });
  }

  async logIn(page: Page): Promise<void> {
    await page.goto(`${this.ready.url}/login`);
    await page.getByLabel("E-mail").fill(this.ready.owner.email);
    await page.getByRole("textbox", { name: "Password" }).fill(this.ready.owner.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("heading", { name: "Chats", level: 1 })).toBeVisible();
  }

  /** What the phone has on its screen, oldest first. */
  async messages(phone: string): Promise<PhoneMessage[]> {
    return JSON.parse(await this.wanet("GET", `/admin/phones/${phone}/messages`));
  }

  /** A phone with this number, linked as an account without a browser. */
  async account(name: string, phone: string): Promise<string> {
    await this.phone(phone, name);
    const { id } = await this.api<{ id: string }>("POST", "/v1/accounts", { name });
    await this.api("POST", `/v1/accounts/${id}/connect`);
    await expect(() => this.scanShown(phone, id)).toPass();
    await this.connected(id);
    return id;
  }

  /** Until the account is connected. */
  async connected(account: string): Promise<void> {
    const state = async () => (await this.api<{ state: string }>("GET", `/v1/accounts/${account}`)).state;
    await expect.poll(state, { timeout: 60_000 }).toBe("connected");
  }

  /** Adds an account in the browser and scans its code with a phone, as a person would. */
  async link(page: Page, name: string, phone: string): Promise<string> {
    await page.getByRole("link", { name: "Accounts" }).first().click();
    await page.getByRole("button", { name: "Add account" }).click();
    await page.getByLabel("Account name").fill(name);
    await page.getByRole("button", { name: "Add and show QR code" }).click();
    await expect(page.getByRole("img", { name: "QR code to link this account" })).toBeVisible();
    const { data } = await this.api<{ data: { id: string; name: string }[] }>("GET", "/v1/accounts?limit=200");
    const account = data.find((each) => each.name === name);
    if (!account) throw new Error("the account is not listed");
    await this.scanShown(phone, account.id);
    return account.id;
  }
}

function run(data: string, listen: string): ChildProcess {
  return spawn(BINARY, ["demo", "--listen", listen, "--data", data, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

export async function end(process: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const ended = new Promise((resolve) => process.once("exit", resolve));
  if (process.exitCode === null && process.signalCode === null && process.kill(signal)) await ended;
}

/** The first line of its output that has this in it. */
export function firstLine(process: ChildProcess, having = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!process.stdout) throw new Error("the process has no output");
    createInterface({ input: process.stdout }).on("line", (line) => line.includes(having) && resolve(line));
    process.once("error", reject);
    process.once("exit", (code) => reject(new Error(`pesan ended with ${code} before it was ready`)));
  });
}

/** Runs one for as long as it is used. */
export async function withDemo(use: (demo: Demo) => Promise<void>): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "pesan-e2e-"));
  let demo: Demo | undefined;
  try {
    demo = await Demo.start(data);
    await use(demo);
  } finally {
    await demo?.stop();
    await rm(data, { recursive: true, force: true });
  }
}

export const test = base.extend<{ demo: Demo }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from the pattern
  demo: async ({}, use) =>
    withDemo(async (demo) => {
      await use(demo);
      await demo.expectUnderstood();
    }),
});

export { expect };
