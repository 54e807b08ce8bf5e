import config from "../playwright.config";

/** `npm run screenshots`: pictures of every screen into `web/screenshots`, to be looked at. */
export default { ...config, testDir: ".", testMatch: "screenshots.ts", timeout: 600_000 };
