import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";

test("a number is linked by its QR code, and messages go both ways without a reload", async ({ demo, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);

  // The dialog says how it goes and closes by itself.
  await expect(page.getByTestId("link-state")).toHaveText("Front desk is connected");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("alert").filter({ hasText: "Front desk is connected" })).toBeVisible();
  await expect(page.getByRole("article", { name: "Front desk" })).toContainText("Connected");

  // Out: the form, then the thread with its ticks.
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByRole("button", { name: "New message" }).first().click();
  const form = page.getByRole("dialog", { name: "New message" });
  await form.getByLabel("Account").click();
  await page.getByRole("option", { name: /Front desk/ }).click();
  await page.getByLabel("Phone number").fill("+62 800-0000-0191");
  await page.getByLabel("Message", { exact: true }).fill("Selamat pagi Pak Budi");
  await page.getByRole("button", { name: "Send" }).click();
  const log = page.getByRole("log");
  const arrived = (text: string) =>
    log
      .locator('[data-message][data-status="delivered"], [data-message][data-status="read"]')
      .filter({ hasText: text });
  await expect(log.getByText("Selamat pagi Pak Budi")).toBeVisible();
  await expect(arrived("Selamat pagi Pak Budi")).toBeVisible();

  // In: what the phone writes is there at once, in the thread and in the list.
  const marker = await page.evaluate(() => {
    Object.assign(window, { notReloaded: true });
    return true;
  });
  await demo.write(BUDI, OURS, "Pagi! Apakah kantor buka hari ini?");
  await expect(log.getByText("Pagi! Apakah kantor buka hari ini?")).toBeVisible();
  await expect(page.getByTestId("chat-rows")).toContainText("Pagi! Apakah kantor buka hari ini?");
  expect(await page.evaluate(() => "notReloaded" in window)).toBe(marker);

  // And back, by the keyboard alone.
  await page.getByRole("textbox", { name: "Write a message" }).focus();
  await page.keyboard.type("Buka sampai jam lima.");
  await page.keyboard.press("Enter");
  await expect(log.getByText("Buka sampai jam lima.")).toHaveCount(1);
  await expect(arrived("Buka sampai jam lima.")).toBeVisible();
});

test("a number that is not one is refused at its field, and nothing is sent", async ({ demo, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.logIn(page);
  const account = await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.goto(`${demo.ready.url}/chats?new=true`);
  await page.getByLabel("Phone number").fill("12");
  await page.getByLabel("Message", { exact: true }).fill("Halo");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByLabel("Phone number")).toHaveAttribute("aria-invalid", "true");
  const { data } = await demo.api<{ data: unknown[] }>("GET", `/v1/chats?account_id=${account}`);
  expect(data).toEqual([]);
});

test("what strangers write is shown as text", async ({ demo, page }) => {
  const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, hostile);
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, hostile);
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: hostile }).click();
  await expect(page.getByRole("log").getByText(hostile).first()).toBeVisible();
  expect(await page.title()).toBe("Pesan");
  expect(await page.locator('img[src="x"]').count()).toBe(0);
});

test("nothing on any page breaks the content security policy or asks another host", async ({ demo, page }) => {
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) wrong.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== demo.ready.url) wrong.push(request.url());
  });
  page.on("pageerror", (error) => wrong.push(error.message));
  await demo.logIn(page);
  for (const [path, heading] of [
    ["/accounts", "Accounts"],
    ["/chats", "Chats"],
    ["/webhooks", "Webhooks"],
    ["/dashboard", "Dashboard"],
    ["/settings", "Settings"],
    ["/settings?tab=keys", "Settings"],
    ["/settings?tab=members", "Settings"],
    ["/settings?tab=audit", "Settings"],
  ] as const) {
    await page.goto(demo.ready.url + path);
    await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
  }
  // The reference of the API opens without the internet too, and shows what can be asked.
  await page.goto(`${demo.ready.url}/docs`);
  // Of so many only those are there that are seen.
  await page.getByPlaceholder("Filter by tag or path").fill("messages");
  await expect(page.locator("#reference").getByText("/v1/messages", { exact: true }).first()).toBeVisible();
  expect(wrong).toEqual([]);
});

/** A blue square of 64 pixels. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsEtiOsMaywi+hcEKLNXzWgQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQELgu4+qEtDPKfSgAAAABJRU5ErkJggg==",
  "base64",
);

test("an answer with a picture and its caption reaches the phone and is shown in the thread", async ({
  demo,
  page,
}) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, "Boleh lihat posternya?");
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Boleh lihat posternya?" }).click();
  const question = page.locator("[data-message]").filter({ hasText: "Boleh lihat posternya?" });
  await question.hover();
  await question.getByRole("button", { name: "Reply" }).click();
  await page.locator("input[type=file]").setInputFiles({ name: "poster.png", mimeType: "image/png", buffer: PICTURE });
  await page.getByRole("textbox", { name: "Add a caption" }).fill("Poster beasiswa");
  await page.keyboard.press("Enter");
  const message = page.locator("[data-message]").filter({ hasText: "Poster beasiswa" });
  await expect(message).toHaveAttribute("data-status", /delivered|read/);
  const picture = message.getByRole("img", { name: "Picture" });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(64);
  // What it answers stands above it, here and on the phone.
  await expect(message).toContainText("Boleh lihat posternya?");
  const onPhone = await demo.messages(BUDI);
  const asked = onPhone.find(({ text }) => text === "Boleh lihat posternya?");
  expect(onPhone.find(({ text }) => text === "Poster beasiswa")).toMatchObject({ kind: "image", reply_to: asked?.id });
});
