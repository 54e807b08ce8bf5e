import config from "../playwright.config";

/** `npm run figures`: what the web app costs in a browser. Figures are printed, never asserted. */
export default {
  ...config,
  testDir: ".",
  testMatch: "figures.ts",
  outputDir: "../test-results",
  timeout: 3_600_000,
  // A trace would cost more than what is measured.
  use: { ...config.use, trace: "off", screenshot: "off" } as const,
};
