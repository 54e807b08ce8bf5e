import { createServer } from "node:http";
import { expect, test } from "./demo";

test("a webhook is made, tested and its delivery is in the log", async ({ demo, page }) => {
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");

  try {
    await demo.logIn(page);
    await page.getByRole("link", { name: "Webhooks" }).first().click();
    await page.getByRole("button", { name: "Add webhook" }).first().click();
    await page.getByLabel("Address").fill(`http://127.0.0.1:${address.port}/hook`);
    await page.getByRole("button", { name: "Create" }).click();
    await expect(page.getByTestId("secret")).toHaveText(/^whsec_/);
    await page.getByRole("button", { name: "I have stored it" }).click();
    await page.getByRole("button", { name: "Send test" }).click();
    await expect.poll(() => received.length).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Delivery log" }).click();
    await expect(page.getByRole("dialog").getByText("webhook.test").first()).toBeVisible();
    await expect(page.getByRole("dialog").getByText("Delivered", { exact: true }).last()).toBeVisible();
  } finally {
    receiver.close();
  }
});
