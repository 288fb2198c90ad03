/** Lists are found again as they were left, whichever way one comes back to them. */
import { expect, look, signUp, test } from '../support/world.ts';

test('a list of the console comes back as it was left', async ({ page }) => {
  await signUp(page);
  const sites = page.getByRole('link', { name: 'Sites', exact: true });
  const operations = page.getByRole('link', { name: 'Operations', exact: true });
  await sites.click();
  await page.getByRole('searchbox').fill('harbour');
  await expect(page).toHaveURL(/q=harbour/);
  await page.getByLabel('State').selectOption('ready');
  await page.getByRole('button', { name: 'Site name' }).click();
  await expect(page).toHaveURL(/\/sites\?(?=.*q=harbour)(?=.*state=ready)(?=.*sort=name)/);

  const isAsLeft = async () => {
    await expect(page.getByRole('searchbox')).toHaveValue('harbour');
    await expect(page.getByLabel('State')).toHaveValue('ready');
    await expect(page.getByRole('columnheader', { name: 'Site name' })).toHaveAttribute('aria-sort', 'ascending');
    await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeVisible();
  };
  // By the sidebar, a chord, the palette, a way back, and after loading the page anew.
  await operations.click();
  await expect(page.getByRole('heading', { name: 'Operations' })).toBeVisible();
  await sites.click();
  await isAsLeft();
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await expect(page.getByRole('heading', { name: 'Operations' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await isAsLeft();
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(page.getByRole('heading', { name: 'Harbour Books' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search and commands' }).fill('sites');
  await page.keyboard.press('Enter');
  await isAsLeft();
  await page.getByRole('link', { name: 'New site' }).click();
  await page.getByRole('link', { name: 'Back' }).click();
  await isAsLeft();
  await operations.click();
  await expect(page.getByRole('heading', { name: 'Operations' })).toBeVisible();
  await page.reload();
  await sites.click();
  await isAsLeft();

  // What was taken away stays away.
  await page.getByLabel('State').selectOption('');
  await expect(page).not.toHaveURL(/state=/);
  await operations.click();
  await sites.click();
  await expect(page.getByRole('searchbox')).toHaveValue('harbour');
  await expect(page.getByLabel('State')).toHaveValue('');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await operations.click();
  await sites.click();
  await expect(page.getByRole('searchbox')).toHaveValue('');
  await expect(page).not.toHaveURL(/q=/);

  // An address that says what to show is shown so, and is how the list is left.
  await page.goto(page.url().replace(/\/sites.*/, '/sites?state=failed'));
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Site name' })).toBeHidden();
  await operations.click();
  await sites.click();
  await expect(page.getByLabel('State')).toHaveValue('failed');

  // A page that is no more does not pass for a list without rows.
  await page.goto(page.url().replace(/\/sites.*/, '/sites?page=7'));
  await expect(page.getByText('This page of the list is empty by now')).toBeVisible();
  await look(page, 'list-page-gone');
  await page.getByRole('button', { name: 'First page' }).click();
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeVisible();
});

test('whoever signs in next finds lists of their own', async ({ page }) => {
  await signUp(page);
  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await page.getByRole('searchbox').fill('private matter');
  await expect(page).toHaveURL(/q=private/);
  await page.getByRole('link', { name: 'Operations', exact: true }).click();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signUp(page, 'Tea Room');
  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await expect(page.getByRole('link', { name: 'Tea Room' })).toBeVisible();
  await expect(page.getByRole('searchbox')).toHaveValue('');
});

test('a list of the admin comes back as it was left', async ({ page }) => {
  await signUp(page);
  await page.getByRole('button', { name: 'Open admin' }).click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  const posts = page.getByRole('link', { name: 'Posts', exact: true });
  const dashboard = page.getByRole('link', { name: 'Dashboard', exact: true });
  const status = page.getByRole('combobox', { name: 'Status', exact: true });
  await posts.click();
  await status.selectOption('published');
  await page.getByRole('button', { name: 'Title' }).click();
  await expect(page).toHaveURL(/\/posts\?(?=.*filter=)(?=.*sort=title)/);
  const isAsLeft = async () => {
    await expect(status).toHaveValue('published');
    await expect(page.getByRole('columnheader', { name: 'Title' })).toHaveAttribute('aria-sort', 'ascending');
  };
  await dashboard.click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await posts.click();
  await isAsLeft();
  await page.keyboard.press('g');
  await page.keyboard.press('d');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await isAsLeft();
  await page.getByRole('link', { name: 'New post' }).click();
  await expect(page.getByText('Not saved yet.')).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search and commands' }).fill('posts');
  await page.keyboard.press('Enter');
  await isAsLeft();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await dashboard.click();
  await posts.click();
  await expect(status).toHaveValue('');
  await expect(page).not.toHaveURL(/filter=/);

  // A link that names its filter means that one.
  await dashboard.click();
  await page.getByRole('link', { name: 'Show: Drafts' }).click();
  await expect(status).toHaveValue('draft');
});
