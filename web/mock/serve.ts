/** Serves the mock API from Vite's development server. `?as=owner|empty|new` on `/mock` changes the world. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createMockApi, emptyWorld } from "./api";
import { story } from "./story";

export function serveMock() {
  const mock = createMockApi(story());
  return async (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname === "/mock") {
      const world = url.searchParams.get("as") === "empty" ? emptyWorld() : story();
      if (url.searchParams.get("as") === "stranger") world.user = null;
      Object.assign(mock.world, world);
      response.end("ok");
      return;
    }
    if (url.pathname === "/mock/state") {
      const account =
        mock.world.accounts.find((each) => each.id === url.searchParams.get("id")) ?? mock.world.accounts.at(-1);
      if (account) mock.setState(account, url.searchParams.get("state") as never);
      response.end("ok");
      return;
    }
    if (!url.pathname.startsWith("/v1/")) return next();
    if (url.pathname === "/v1/stream") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": here\n\n");
      const stop = mock.listen((name, data, seq) => {
        response.write(`${seq === undefined ? "" : `id: ${seq}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      });
      request.on("close", stop);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
    const headers = new Headers(
      Object.entries(request.headers).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
    );
    const answer = await mock.handle(new Request(url, { method: request.method, headers, body }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
}
