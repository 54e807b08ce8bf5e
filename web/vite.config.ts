import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, brotliCompressSync } from "node:zlib";
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

/**
 * Beside each text of the build, what the server sends of it: here there is time to make it as small as it gets, and while
 * somebody waits for it there is not.
 */
function compressed(): Plugin {
  const dist = fileURLToPath(new URL("./dist/", import.meta.url));
  return {
    name: "compressed",
    apply: "build",
    // After all of them are there.
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        const files = await readdir(dist, { recursive: true });
        const texts = files.filter((file) => /\.(js|css|html|svg)$/.test(file)).map((file) => join(dist, file));
        await Promise.all(
          texts.map(async (file) => writeFile(`${file}.br`, await promisify(brotliCompress)(await readFile(file)))),
        );
      },
    },
  };
}

/** What may come to a browser until the list of chats is there: more does not get built. */
const FIRST_LOAD_BYTES = 300_000;

function firstLoad(): Plugin {
  return {
    name: "first-load",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const isFirst = ({ isEntry, facadeModuleId }: (typeof chunks)[number]) =>
        isEntry || facadeModuleId?.endsWith("/ChatsPage.tsx");
      const needed = new Set(chunks.filter(isFirst));
      for (const { imports } of needed) {
        for (const chunk of chunks) if (imports.includes(chunk.fileName)) needed.add(chunk);
      }
      const bytes = [...needed].reduce((sum, { code }) => sum + brotliCompressSync(code).length, 0);
      if (bytes > FIRST_LOAD_BYTES) {
        this.error(`the first load has ${bytes} bytes of scripts, compressed; at most ${FIRST_LOAD_BYTES} are wanted`);
      }
      this.info(`first load: ${bytes} bytes of scripts, compressed, in ${needed.size} files`);
    },
  };
}

/** What is shared is called after all who share it, which would go along with every request. */
function short(name = "file"): string {
  return name.replace(/(~.*)?(\.\w+)?$/, "");
}

const server = process.env.PESAN_URL ?? "http://127.0.0.1:8080";

export default defineConfig(({ mode }) => ({
  plugins: [react(), apiReference(), compressed(), firstLoad(), ...(mode === "mock" ? [mockApi()] : [])],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        // What is on every page is one file, and what a few pages share comes in few: each file costs headers, and what
        // stands together is compressed better.
        codeSplitting: {
          groups: [
            { name: "first", tags: ["$initial"], priority: 1 },
            { name: "shared", minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 4_000 },
          ],
        },
        chunkFileNames: ({ name }) => `assets/${short(name)}-[hash].js`,
        assetFileNames: ({ names }) => `assets/${short(names[0])}-[hash][extname]`,
      },
    },
  },
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
