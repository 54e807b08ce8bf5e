import config from "../playwright.config";

/** `npm run screenshots`: pictures of every screen into `web/screenshots`, to be looked at. */
export default {
  ...config,
  testDir: ".",
  testMatch: "screenshots.ts",
  outputDir: "../test-results",
  timeout: 1_800_000,
  use: { ...config.use, trace: "off", screenshot: "off" } as const,
};
