import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount, makeChat, makeMessage } from "../../../mock/api";

const picture = (id: string, caption: string, minutes: number) =>
  makeMessage(
    {
      id: `msg_${id}`,
      chat_id: "cht_1",
      push_name: "Budi",
      created_at: new Date(Date.now() - minutes * 60_000).toISOString(),
    },
    { image: { media_id: `med_${id}`, mime: "image/jpeg", caption } },
  );

function open() {
  mockServer({
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [makeChat({ id: "cht_1", name: "Budi Santoso" })],
    messages: [
      picture("1", "Pertama", 30),
      makeMessage({ chat_id: "cht_1", created_at: new Date(Date.now() - 25 * 60_000).toISOString() }),
      picture("2", "Kedua", 20),
      picture("3", "Ketiga", 10),
    ],
  });
  return openApp("/chats/cht_1");
}

const viewer = () => screen.findByRole("dialog", { name: /^Budi / });
const shown = async () => within(await viewer()).findByRole("img");

async function openSecond() {
  const opened = open();
  const buttons = await screen.findAllByRole("button", { name: "View picture" });
  await opened.user.click(buttons[1] as HTMLElement);
  await viewer();
  return { ...opened, opener: buttons[1] };
}

describe("the viewer", () => {
  it("goes_through_the_pictures_of_the_thread_by_key_and_stops_at_its_ends", async () => {
    const { user } = await openSecond();
    expect((await shown()).getAttribute("alt")).toBe("Kedua");
    await user.keyboard("{ArrowRight}");
    await waitFor(async () => expect((await shown()).getAttribute("alt")).toBe("Ketiga"));
    expect(screen.getByRole("button", { name: "Next" }).hasAttribute("disabled")).toBe(true);
    await user.keyboard("{ArrowRight}{ArrowLeft}{ArrowLeft}");
    await waitFor(async () => expect((await shown()).getAttribute("alt")).toBe("Pertama"));
    expect(screen.getByRole("button", { name: "Previous" }).hasAttribute("disabled")).toBe(true);
  });

  it("zooms_by_key_button_wheel_and_double_click", async () => {
    const { user } = await openSecond();
    const tools = within(await viewer()).getByRole("toolbar");
    const zoom = () => within(tools).getByRole("status").textContent;
    expect(zoom()).toBe("100%");
    await user.keyboard("+");
    expect(zoom()).toBe("150%");
    await user.click(within(tools).getByRole("button", { name: "Zoom in" }));
    expect(zoom()).toBe("225%");
    await user.keyboard("0");
    expect(zoom()).toBe("100%");
    await user.dblClick(await shown());
    expect(zoom()).toBe("250%");
    await user.dblClick(await shown());
    expect(zoom()).toBe("100%");
    fireEvent.wheel(await shown(), { deltaY: -100 });
    expect(zoom()).toBe("115%");
    await user.keyboard("{ArrowLeft}");
    expect(zoom(), "the next picture fits again").toBe("100%");
  });

  it("offers_the_file_for_download_and_closes_with_escape", async () => {
    const { user, opener } = await openSecond();
    const link = within(await viewer()).getByRole("link", { name: "Download" });
    expect(link.getAttribute("href")).toBe("/v1/media/med_2/content");
    expect(link.hasAttribute("download")).toBe(true);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(opener));
  });

  it("says_when_this_browser_cannot_show_a_file", async () => {
    await openSecond();
    fireEvent.error(await shown());
    expect(await within(await viewer()).findByText("This browser cannot show this file.")).toBeTruthy();
  });
});
