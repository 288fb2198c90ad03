/** The session of the admin: kept by its tabs alone, shared among them, gone with the last. */
import type { BrowserContext, Page } from '@playwright/test';
import { enterAdmin } from '../support/site.ts';
import { adminUrl, expect, test } from '../support/world.ts';

const KEPT = 'freehold.admin.session';

async function openTab(context: BrowserContext, slug: string): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(adminUrl(slug));
  return tab;
}

/** Only what the API answered is counted there. */
const readsPosts = (page: Page) => expect(page.getByRole('link', { name: 'Show: Published posts' })).toBeVisible();

/** Makes a tab believe that its access token ends now. */
const age = (page: Page) =>
  page.evaluate((key) => {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? '{}');
    sessionStorage.setItem(key, JSON.stringify({ ...kept, endsAt: 0 }));
  }, KEPT);

test('nothing stays in the browser once the last tab is closed', async ({ page, context }) => {
  const slug = await enterAdmin(page);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('access');
  const second = await openTab(context, slug);
  await readsPosts(second);
  await second.close();
  await page.goto('about:blank');
  const late = await openTab(context, slug);
  await expect(late.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('tabs that refresh at the same time use the refresh token once', async ({ page, context }) => {
  const slug = await enterAdmin(page);
  const second = await openTab(context, slug);
  await readsPosts(second);
  let refreshes = 0;
  context.on('response', (response) => {
    if (response.url().endsWith('/auth/refresh')) refreshes++;
  });
  await Promise.all([age(page), age(second)]);
  await Promise.all([page.reload(), second.reload()]);
  await Promise.all([readsPosts(page), readsPosts(second)]);
  expect(refreshes).toBe(1);
  // The tab that did not refresh took over the new token: its own next refresh is no second use.
  await age(second);
  await age(page);
  await page.reload();
  await readsPosts(page);
  await age(second);
  await second.reload();
  await readsPosts(second);
});

test('signing out ends the session in every tab', async ({ page, context }) => {
  const slug = await enterAdmin(page);
  const second = await openTab(context, slug);
  await readsPosts(second);
  await page.getByRole('button', { name: 'You' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await second.getByRole('link', { name: 'Posts', exact: true }).click();
  await expect(second.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
