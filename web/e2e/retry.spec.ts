import { expect, test } from "./demo";

const OURS = "6280000000091";
const SITI = "6280000000192";
const REFUSED = "It is too large for WhatsApp.";

test("a message that failed says why and is sent again when somebody asks for it", async ({ demo, page }) => {
  await demo.account("Front desk", OURS);
  await demo.phone(SITI, "Siti Rahma");
  await demo.write(SITI, OURS, "Halo");
  await demo.logIn(page);
  const row = page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Siti Rahma" });
  await row.click();
  // WhatsApp refuses the next one.
  await demo.wanet("POST", "/admin/faults", { kind: "nack", code: 413, phone: OURS, stanza: "message" });
  await page.getByRole("textbox", { name: "Write a message" }).fill("Terima kasih, Bu Siti.");
  await page.keyboard.press("Enter");
  const message = page.locator("[data-message]").filter({ hasText: "Terima kasih, Bu Siti." });
  await expect(message).toHaveAttribute("data-status", "failed");
  const alert = page.getByRole("alert").filter({ hasText: REFUSED });
  await expect(alert).toBeVisible();
  await expect(row.getByRole("img", { name: "Failed" })).toBeVisible();

  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(message).toHaveAttribute("data-status", /delivered|read/);
  await expect(message).toHaveCount(1);
  await expect(alert).toBeHidden();
  const arrived = (await demo.messages(SITI)).filter(({ direction }) => direction === "in").map(({ text }) => text);
  expect(arrived).toEqual(["Terima kasih, Bu Siti."]);
});

test("a message that the server refuses stays, and leaves when it is tried again", async ({ demo, page }) => {
  await demo.account("Front desk", OURS);
  await demo.phone(SITI, "Siti Rahma");
  await demo.write(SITI, OURS, "Halo");
  await demo.logIn(page);
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Siti Rahma" }).click();
  await page.route("**/v1/messages", (route) =>
    route.fulfill({ status: 500, json: { status: 500, code: "internal", title: "Internal", detail: "internal" } }),
  );
  await page.getByRole("textbox", { name: "Write a message" }).fill("Terima kasih, Bu Siti.");
  await page.keyboard.press("Enter");
  const message = page.getByRole("log").locator("[data-status]").filter({ hasText: "Terima kasih, Bu Siti." });
  await expect(message).toHaveAttribute("data-status", "failed");
  await expect(message).toContainText("Something went wrong on the server.");
  await page.unroute("**/v1/messages");
  // It says so after a reload too, and does not leave by itself.
  await page.reload();
  await expect(message).toHaveAttribute("data-status", "failed");
  await message.getByRole("button", { name: "Retry" }).click();
  await expect(message).toHaveAttribute("data-status", /delivered|read/);
  await expect(message).toHaveCount(1);
});
