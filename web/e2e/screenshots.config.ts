import config from "../playwright.config";

/** `npm run screenshots`: pictures of every screen into `web/screenshots`, to be looked at. */
export default { ...config, testDir: ".", testMatch: "screenshots.ts", outputDir: "../test-results", timeout: 600_000 };
