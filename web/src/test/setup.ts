import { notifications } from "@mantine/notifications";
import { cleanup, configure } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, beforeAll, vi } from "vitest";
import { openShelf } from "~/features/chats/shelf";
import { startI18n } from "~/i18n";
import { forgetFailures } from "~/ui/failures";
import { settleHeld } from "~/ui/undo";

// A deadline, not a wait: a fact is taken as soon as it holds.
configure({ asyncUtilTimeout: 30_000 });

// What jsdom lacks and the components ask for.
class Nothing {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal("ResizeObserver", Nothing);
vi.stubGlobal("IntersectionObserver", Nothing);
window.matchMedia = (query) =>
  ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {},
  }) as never;
URL.createObjectURL = () => "blob:nothing";
URL.revokeObjectURL = () => {};
window.scrollTo = () => {};
Object.defineProperty(document, "fonts", { value: new EventTarget() });
Element.prototype.scrollTo = () => {};
Element.prototype.scrollIntoView = () => {};
// A list is virtual: without a size it would show nothing.
Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, get: () => 600 });
Object.defineProperty(HTMLElement.prototype, "offsetWidth", { configurable: true, get: () => 400 });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 600 });
Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 400 });

beforeAll(async () => {
  if (!i18next.isInitialized) await startI18n("en");
});

afterEach(async () => {
  cleanup();
  await settleHeld();
  forgetFailures();
  await openShelf().clear();
  notifications.clean();
  localStorage.clear();
});
