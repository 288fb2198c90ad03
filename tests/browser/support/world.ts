/**
 * What every test stands on: addresses, people, and a page that fails its test on console errors,
 * page errors and violations of the content policy.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';

const port = () => process.env.BROWSER_TEST_PORT ?? '';
export const consoleUrl = (path = '/') => `http://console.localhost:${port()}${path}`;
export const siteUrl = (slug: string, path = '/') => `http://${slug}.localhost:${port()}${path}`;
export const adminUrl = (slug: string, path = '/') => `http://${slug}.admin.localhost:${port()}${path}`;
export const operatorToken = () => process.env.BROWSER_TEST_OPERATOR ?? '';

export const PASSWORD = 'tidal-lamp-93';

let made = 0;
/** A label that no other test of this run uses. */
export const fresh = (stem: string) => `${stem}-${process.pid.toString(36)}-${(made++).toString(36)}`;

/**
 * What the browser calls errors and is none: what the API means to answer, what a test aborts or stops, and the
 * tests' own scripts, which the frame of a preview lets in as little as anybody's.
 */
const EXPECTED =
  /Failed to load resource: (the server responded with a status of (4\d\d|503)|net::ERR_(FAILED|INTERNET_DISCONNECTED|CONNECTION_REFUSED))|^Blocked script execution in 'about:srcdoc'/;

export const test = base.extend<{ page: Page }>({
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    await use(page);
    expect(problems).toEqual([]);
  },
});

export { expect };

/** No violation of WCAG 2.0 to 2.2 A and AA that a program can find. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // Open menus and lists are drawn at the end of the page, outside its landmarks.
      rules: { region: { enabled: false } },
      // The one frame shows an author's text and lets no script in, not even this one.
      iframes: false,
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
  expect(found).toEqual([]);
}

/** Looks at a screen as a whole: checks it, and keeps a picture. */
export async function look(page: Page, name: string): Promise<void> {
  // Things fade in; what is half visible has half its contrast. What was just opened begins to with the
  // next frame.
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    // What turns while something is worked on has no end.
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((animation) => animation.finished.catch(() => null)));
  });
  await page.screenshot({ path: `screens/${name}.png` });
  await expectAccessible(page);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, 'the page must not scroll sideways').toBeLessThanOrEqual(0);
}

export interface Member {
  email: string;
  slug: string;
}

/** Signs up through the form and waits for the live site. */
export async function signUp(page: Page, name = 'Harbour Books'): Promise<Member> {
  const slug = fresh('harbour');
  const email = `${slug}@example.org`;
  await page.goto(consoleUrl('/sign-up'));
  await page.getByLabel('Site name').fill(name);
  await page.getByLabel('Address', { exact: true }).fill(slug);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account and site' }).click();
  await expect(page.getByRole('heading', { name: `${name} is live` })).toBeVisible();
  return { email, slug };
}

/** The address in the newest mail to somebody, behind its hash. */
export function mailedLink(email: string, path: string): string {
  const folder = join(process.env.BROWSER_TEST_DATA ?? '', 'mail');
  const mails = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const pattern = new RegExp(`http://\\S+${path}#token=\\S+`);
  const link = mails.filter((mail) => mail.includes(email)).map((mail) => pattern.exec(mail)?.[0]);
  return link.find((found) => found !== undefined) ?? '';
}
