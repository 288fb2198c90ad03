/**
 * Browser tests against a real platform. Needed: BROWSER_TEST_BIN, the path of the binary, whose own
 * interface is tested. FREEHOLD_TEST_POSTGRES, where set, is a Postgres that sites are taken to and back.
 */
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'specs',
  globalSetup: './support/platform.ts',
  outputDir: 'results',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    colorScheme: 'light',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.BROWSER_TEST_CHROMIUM ?? '/usr/bin/chromium',
      // Sites' own domains are this machine too.
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--host-resolver-rules=MAP *.test 127.0.0.1'],
    },
  },
});
