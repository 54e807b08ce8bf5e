import { cp, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** `npm run dev:mock`: the pages over the mock API of the tests, without a server. */
function mockApi(): Plugin {
  return {
    name: "mock-api",
    async configureServer(server) {
      const { serveMock } = await server.ssrLoadModule("/mock/serve.ts");
      server.middlewares.use(serveMock());
    },
  };
}

/** The viewer of the API reference, unchanged. The server's `/docs` page loads it from `/docs/`, never from elsewhere. */
function apiReference(): Plugin {
  const files = ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE"];
  return {
    name: "api-reference",
    apply: "build",
    async closeBundle() {
      const from = new URL("./node_modules/swagger-ui-dist/", import.meta.url);
      const to = new URL("./dist/docs/", import.meta.url);
      await mkdir(to, { recursive: true });
      await Promise.all(files.map((file) => cp(new URL(file, from), new URL(file, to))));
    },
  };
}

const server = process.env.PESAN_URL ?? "http://127.0.0.1:8080";

export default defineConfig(({ mode }) => ({
  plugins: [react(), apiReference(), ...(mode === "mock" ? [mockApi()] : [])],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  server: {
    host: "127.0.0.1",
    proxy: mode === "mock" ? undefined : { "/v1": server },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    testTimeout: 120_000,
  },
}));
