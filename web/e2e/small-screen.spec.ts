import { expect, test } from "./demo";

test.use({ viewport: { width: 360, height: 740 } });

test("nothing in the settings is cut on a small screen, and a notice covers neither composer nor navigation", async ({
  demo,
  page,
}) => {
  await demo.logIn(page);
  await page.goto(`${demo.ready.url}/settings?tab=keys`);
  const revoke = page.getByRole("button", { name: "Revoke" }).first();
  await expect(revoke).toBeInViewport({ ratio: 1 });
  expect(await revoke.evaluate((button) => button.scrollWidth > button.clientWidth)).toBe(false);

  await demo.api("POST", "/v1/keys", { name: "Old program", scopes: ["events:read"] });
  await page.reload();
  await page.getByRole("article", { name: "Old program" }).getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Old program");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  const notice = page.getByRole("alert").filter({ hasText: "Old program was revoked" });
  await expect(notice).toBeInViewport({ ratio: 1 });
  const top = (await notice.boundingBox())?.y ?? Number.POSITIVE_INFINITY;
  expect(top).toBeLessThan(200);

  // Where not all tabs have room, the chosen one does; and so does the menu of a field.
  await demo.api("POST", "/v1/custom-fields", { key: "city", label: "Kota", type: "text" });
  await page.goto(`${demo.ready.url}/settings?tab=contacts`);
  await expect(page.getByRole("tab", { name: "Contacts" })).toBeInViewport({ ratio: 1 });
  const menu = page.getByRole("button", { name: "Field Kota" });
  await menu.scrollIntoViewIfNeeded();
  await expect(menu).toBeInViewport({ ratio: 1 });

  await page.goto(`${demo.ready.url}/settings?tab=audit`);
  await expect(page.getByRole("tab", { name: "Audit log" })).toBeInViewport({ ratio: 1 });
  const log = page.getByRole("region", { name: "Audit log" });
  await expect(log.getByText("Revoked an API key")).toBeVisible();
  await expect(log.getByText(/^key_/).first()).toBeInViewport({ ratio: 1 });
  expect(await log.evaluate((area) => area.scrollWidth > area.clientWidth)).toBe(false);
});

test("all that is done with a chat is in sight on a small screen", async ({ demo, page }) => {
  await demo.account("Front desk", "6280000000091");
  await demo.phone("6280000000191", "Budi Santoso");
  await demo.write("6280000000191", "6280000000091", "Apakah kantor buka?");
  await demo.logIn(page);
  await page.getByTestId("chat-rows").getByRole("link").first().click();
  const tools = page.getByRole("toolbar", { name: "This chat" });
  await expect(tools.getByRole("button", { name: "Mark as unread" })).toBeVisible();
  for (const button of await tools.getByRole("button").all()) await expect(button).toBeInViewport({ ratio: 1 });
});
