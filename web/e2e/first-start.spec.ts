import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, end, expect, firstLine, test } from "./demo";

test("who opens the link of the first start becomes the owner, once", async ({ demo, page, browser }) => {
  const data = await mkdtemp(join(tmpdir(), "pesan-first-"));
  const sandbox = ["--sandbox-ws", demo.ready.wanet.ws];
  const server = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--data", data, ...sandbox], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const link = (await firstLine(server, "/setup#token=")).trim();
    await page.goto(link);
    await page.getByLabel("Organization").fill("Yayasan Harapan");
    await page.getByLabel("Your name").fill("Sari");
    await page.getByLabel("E-mail").fill("sari@example.org");
    await page.getByRole("textbox", { name: "Password" }).fill("a long enough password");
    await page.getByRole("button", { name: "Create owner" }).click();
    await expect(page.getByRole("heading", { name: "Accounts", level: 1 })).toBeVisible();
    await expect(page.getByText("Yayasan Harapan").first()).toBeVisible();

    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await expect(other.getByText("This installation already has an owner")).toBeVisible();
    await other.context().close();
  } finally {
    await end(server, "SIGTERM");
    await rm(data, { recursive: true, force: true });
  }
});
