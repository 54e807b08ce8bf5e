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

/** Stands in for the browser's `XMLHttpRequest`, with which files are uploaded, fed by the mock API. */
class MockUpload extends EventTarget {
  static mock: MockApi;
  status = 0;
  responseText = "";
  readonly upload = new EventTarget();
  private to = { method: "", url: "" };
  private answer: Response | undefined;
  private isAborted = false;

  open(method: string, url: string) {
    this.to = { method, url };
  }

  send(form: FormData) {
    const request = new Request(new URL(this.to.url, window.location.origin), { method: this.to.method });
    // The form of jsdom is none that a `Request` takes.
    Object.defineProperty(request, "formData", { value: async () => form });
    this.tell(0.5);
    void MockUpload.mock.handle(request).then(async (answer) => {
      if (this.isAborted) return;
      this.answer = answer;
      this.responseText = await answer.text();
      this.status = answer.status;
      this.end("load");
    });
  }

  abort() {
    this.isAborted = true;
    this.end("abort");
  }

  getResponseHeader(name: string) {
    return this.answer?.headers.get(name) ?? null;
  }

  private tell(part: number) {
    const progress = { lengthComputable: true, loaded: part * 100, total: 100 };
    this.upload.dispatchEvent(Object.assign(new Event("progress"), progress));
  }

  private end(how: "load" | "abort") {
    this.dispatchEvent(new Event(how));
    this.dispatchEvent(new Event("loadend"));
  }
}

export function mockServer(world?: World): MockApi {
  const mock = createMockApi(world);
  vi.stubGlobal("fetch", (input: Request | string, init?: RequestInit) =>
    mock.handle(input instanceof Request ? input : new Request(new URL(input, window.location.origin), init)),
  );
  MockUpload.mock = mock;
  vi.stubGlobal("XMLHttpRequest", MockUpload);
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
