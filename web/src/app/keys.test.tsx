/** What keys do: into the command bar, on keyboards with other letters, and the page that lists them. */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { HOTKEYS, letterOf } from "~/ui/commands";
import { story } from "../../mock/story";

function open(path: string) {
  const world = story();
  for (const account of world.accounts) Object.assign(account, { state: "connected", reason: null });
  mockServer(world);
  return openApp(path);
}

describe("the command bar", () => {
  it("has what was typed before it was there", async () => {
    open("/chats/cht_1");
    await screen.findByRole("textbox", { name: "Write a message" });
    fireEvent.keyDown(document.body, { key: "k", code: "KeyK", ctrlKey: true });
    for (const key of ["d", "a", "x", "Backspace", "s", "h"]) fireEvent.keyDown(document.body, { key });
    const field = await screen.findByRole<HTMLInputElement>("combobox", { name: /Type a name/ });
    expect(field.value).toBe("dash");
    expect(screen.getByRole("option", { name: "Go to the dashboard" })).toBeTruthy();
    // None of it went to the chat below.
    expect(screen.getByRole("button", { name: "Add a star", hidden: true })).toBeTruthy();
  });

  it("is empty when it is opened again", async () => {
    const { user } = open("/chats");
    await screen.findAllByRole("button", { name: "New message" });
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: /Type a name/ }), "dash");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await user.keyboard("{Control>}k{/Control}");
    const field = await screen.findByRole<HTMLInputElement>("combobox", { name: /Type a name/ });
    expect(field.value).toBe("");
  });
});

describe("on a keyboard with other letters", () => {
  it.each([
    ["Arabic", { key: "س", code: "KeyS" }],
    ["Russian", { key: "ы", code: "KeyS" }],
    ["Latin", { key: "s", code: "KeyS" }],
    ["Dvorak", { key: "s", code: "Semicolon" }],
  ])("%s: the key of S adds a star", async (_, key) => {
    open("/chats/cht_1");
    await screen.findByRole("button", { name: "Add a star" });
    fireEvent.keyDown(document.body, key);
    expect(await screen.findByRole("button", { name: "Remove the star" })).toBeTruthy();
  });

  it.each([
    [{ key: "ن", code: "KeyK", shiftKey: false }, "k"],
    [{ key: "ظ", code: "Slash", shiftKey: false }, "/"],
    [{ key: "؟", code: "Slash", shiftKey: true }, "?"],
    [{ key: "?", code: "Minus", shiftKey: true }, "?"],
    [{ key: "é", code: "Digit2", shiftKey: false }, "é"],
    [{ key: "Enter", code: "Enter", shiftKey: false }, "enter"],
  ])("%o is %s", (event, letter) => expect(letterOf(event)).toBe(letter));
});

it("the page of shortcuts lists every key, also without an open chat", async () => {
  const { user } = open("/settings");
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard("?");
  const dialog = within(await screen.findByRole("dialog", { name: "Keyboard shortcuts" }));
  const shown = dialog.getAllByRole("row").map((row) => row.textContent);
  for (const { hotkey } of HOTKEYS) {
    expect(shown.filter((text) => text.endsWith(hotkey.toUpperCase()) && text.length > 2)).not.toEqual([]);
  }
  expect(dialog.getByText("Add a star")).toBeTruthy();
  expect(dialog.getByText("Next chat")).toBeTruthy();
});
