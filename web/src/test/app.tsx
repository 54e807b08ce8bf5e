/** The whole app over the mock API: what a person sees at an address. */
import type { QueryClient } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import { createQueryClient } from "~/app/queryClient";
import { createAppRouter } from "~/app/router";
import { Surroundings } from "~/app/Surroundings";
import { createMockApi, type MockApi, type World } from "../../mock/api";

/** Stands in for the browser's `EventSource`, fed by the mock API. */
class MockEventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly CLOSED = 2;
  static mock: MockApi;
  static opened: MockEventSource[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  private readonly stop: () => void;

  constructor(url: string) {
    super();
    this.url = url;
    MockEventSource.opened.push(this);
    this.stop = MockEventSource.mock.listen((name, data, seq) => {
      const lastEventId = seq === undefined ? "" : String(seq);
      this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
    });
    queueMicrotask(() => this.onopen?.());
  }

  /** What the browser does when the connection is cut: it tries again by itself. */
  cut() {
    this.readyState = MockEventSource.CONNECTING;
    this.onerror?.();
  }

  /** It got through. */
  back() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** What the browser does when the server answers with an error. */
  giveUp() {
    this.close();
    this.onerror?.();
  }

  close() {
    this.readyState = MockEventSource.CLOSED;
    this.stop();
  }
}

export function mockServer(world?: World): MockApi {
  const mock = createMockApi(world);
  vi.stubGlobal("fetch", (input: Request | string, init?: RequestInit) =>
    mock.handle(input instanceof Request ? input : new Request(new URL(input, window.location.origin), init)),
  );
  MockEventSource.mock = mock;
  MockEventSource.opened = [];
  vi.stubGlobal("EventSource", MockEventSource);
  return mock;
}

/** The streams that were opened, oldest first. */
export function streams(): MockEventSource[] {
  return MockEventSource.opened;
}

export function openApp(path: string) {
  const client: QueryClient = createQueryClient();
  const router = createAppRouter(client, createMemoryHistory({ initialEntries: [path] }));
  const view = render(
    <Surroundings client={client} env="test">
      <RouterProvider router={router} />
    </Surroundings>,
  );
  return { ...view, client, router, user: userEvent.setup({ delay: null }) };
}
