import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";

// A microphone that beeps.
test.use({
  permissions: ["microphone"],
  launchOptions: async ({ launchOptions }, use) =>
    use({
      ...launchOptions,
      args: [
        ...(launchOptions.args ?? []),
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
      ],
    }),
});

test("a voice note, dropped files and a message for later leave as they were meant", async ({ demo, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, "Apakah kantor buka hari ini?");
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  const thread = page.getByRole("log");
  await expect(thread).toContainText("Apakah kantor buka hari ini?");

  // The server takes nothing but Opus in Ogg as a voice note, and the browser plays what came of it.
  await page.getByRole("button", { name: "Record a voice note" }).click();
  await expect(page.getByRole("timer")).toHaveText("0:02");
  await page.getByRole("button", { name: "Send the voice note" }).click();
  const voice = thread.locator("[data-message]").filter({ has: page.locator("audio") });
  await expect(voice).toHaveAttribute("data-status", /sent|delivered|read/);
  const length = () => voice.locator("audio").evaluate((audio: HTMLAudioElement) => audio.duration);
  await expect.poll(length).toBeGreaterThan(1);
  expect(await length()).toBeLessThan(30);
  // Its waveform is that of a beep: loud and silent by turns.
  const heights = () =>
    voice.locator("[aria-hidden] > span").evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().height));
  await expect.poll(async () => Math.max(...(await heights()))).toBeGreaterThan(28);
  expect(Math.min(...(await heights()))).toBeLessThan(10);
  await voice.getByRole("button", { name: "Speed: 1" }).click();
  await voice.getByRole("button", { name: "Play" }).click();
  await expect(voice.getByRole("button", { name: "Pause" })).toBeVisible();
  expect(await voice.locator("audio").evaluate((audio: HTMLAudioElement) => audio.playbackRate)).toBe(1.5);
  await expect(voice.getByRole("button", { name: "Play" })).toBeVisible();
  const place = voice.getByRole("slider", { name: "Place in the voice note" });
  await place.focus();
  await page.keyboard.press("ArrowRight");
  await expect(place).toHaveAttribute("aria-valuetext", /^0:0([1-9]) of 0:0\1$/);
  await page.keyboard.press("Home");
  await expect(place).toHaveAttribute("aria-valuetext", /^0:00 of/);

  // Two files at once, the text under the first.
  const files = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["Satu"], "satu.txt", { type: "text/plain" }));
    data.items.add(new File(["Dua"], "dua.txt", { type: "text/plain" }));
    return data;
  });
  await page.dispatchEvent("body", "dragover", { dataTransfer: files });
  await expect(page.getByText("Drop files here to attach them")).toBeVisible();
  await page.dispatchEvent("body", "drop", { dataTransfer: files });
  await page.getByRole("textbox", { name: "Add a caption" }).fill("Dua berkas");
  await page.keyboard.press("Enter");
  await expect(thread.locator("[data-message]").filter({ hasText: "satu.txt" })).toContainText("Dua berkas");
  await expect(thread.locator("[data-message]").filter({ hasText: "dua.txt" })).not.toContainText("Dua berkas");

  // One for later, which is cancelled.
  await page.getByRole("textbox", { name: "Write a message" }).fill("Sampai besok");
  await page.getByRole("button", { name: "Send later and other options" }).click();
  await page.getByRole("menuitem", { name: /Tomorrow morning/ }).click();
  const later = thread.locator("[data-message]").filter({ hasText: "Sampai besok" });
  await expect(later).toContainText("Leaves");
  await later.getByRole("button", { name: "Cancel sending" }).click();
  await expect(later).toContainText("Cancelled");

  // That is taken back: it leaves at its time after all.
  await page.getByRole("alert").filter({ hasText: "will not be sent" }).getByRole("button", { name: "Undo" }).click();
  await expect(later).toContainText("Leaves");
  await later.getByRole("button", { name: "Cancel sending" }).click();
  await later.getByRole("button", { name: "Send after all" }).click();
  await expect(later.getByRole("button", { name: "Cancel sending" })).toBeVisible();
});
