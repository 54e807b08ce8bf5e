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

  await page.goto(`${demo.ready.url}/settings?tab=audit`);
  const log = page.getByRole("region", { name: "Audit log" });
  await expect(log.getByText("api_key.revoke")).toBeVisible();
  await expect(log.getByText(/^key_/).first()).toBeInViewport({ ratio: 1 });
  expect(await log.evaluate((area) => area.scrollWidth > area.clientWidth)).toBe(false);
});
