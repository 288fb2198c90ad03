/** A site's own pages, as visitors use them: with a script or without, light and dark, narrow. */
import { enterAdmin, overApi } from '../support/site.ts';
import { adminUrl, expect, fresh, look, PASSWORD, siteUrl, test } from '../support/world.ts';

test('visitors read, search and look through the archive', async ({ page }) => {
  const slug = await enterAdmin(page);
  for (const title of ['Opening day', 'New shelves']) {
    const post = { title, content: `# ${title}\n\nWords about **${title}**.`, status: 'published' };
    expect(await overApi(page, 'POST', '/api/v1/posts', post)).toBe(201);
  }
  await page.goto(siteUrl(slug));
  await look(page, 'site-home');
  await page.getByRole('link', { name: 'New shelves' }).click();
  await expect(page.getByText('Words about')).toBeVisible();
  await look(page, 'site-post');
  await page.getByRole('link', { name: 'Search' }).click();
  await page.getByRole('searchbox').fill('shelves');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 post for')).toBeVisible();
  await look(page, 'site-search');
  await page.getByRole('link', { name: 'Archive' }).click();
  await expect(page.getByRole('link', { name: 'Opening day' })).toBeVisible();
  await look(page, 'site-archive');
  await page.goto(siteUrl(slug, '/nowhere'));
  await expect(page.getByText('There is nothing here')).toBeVisible();
  await look(page, 'site-missing');
});

test('visitors register and look after their account', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.goto(siteUrl(slug));
  await page.getByRole('link', { name: 'Account' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await look(page, 'site-sign-in');
  await page.getByRole('link', { name: 'Register' }).click();
  const email = `${fresh('ada')}@example.org`;
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Name').fill('a');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Register' }).click();
  await expect(page.getByText('Use 8 to 128 characters that')).toBeVisible();
  await expect(page.getByLabel('E-mail')).toHaveValue(email);
  await look(page, 'site-register-problems');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Register' }).click();
  await expect(page.getByText(`Signed in as ${email}`)).toBeVisible();
  await page.getByLabel('A few words').fill('Reads a lot.');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Your changes are saved.')).toBeVisible();
  await look(page, 'site-account');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a site that is worked on says so', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.goto(adminUrl(slug, '/settings'));
  await page.getByLabel('The site is being worked on').check();
  await page.getByLabel('Message').fill('New shelves are coming.');
  await page.getByLabel('Dates').selectOption('iso');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByText('The settings are saved.')).toBeVisible();
  await page.goto(siteUrl(slug));
  await expect(page.getByText('New shelves are coming.')).toBeVisible();
  await look(page, 'site-maintenance');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('somebody registers and signs out', async ({ page, browser }) => {
    const helper = await browser.newPage({ javaScriptEnabled: true });
    const slug = await enterAdmin(helper);
    await helper.close();
    await page.goto(siteUrl(slug, '/account/register'));
    await page.getByLabel('E-mail').fill(`${fresh('ben')}@example.org`);
    await page.getByLabel('Name').fill('ben');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Register' }).click();
    await expect(page.getByText('Signed in as ben')).toBeVisible();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  });
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });

  test('pages fit', async ({ page }) => {
    const slug = await enterAdmin(page);
    expect(await overApi(page, 'PUT', '/api/v1/admin/options/language', { value: 'zh' })).toBe(200);
    await page.goto(siteUrl(slug));
    await expect(page.getByText('阅读约')).toBeVisible();
    await look(page, 'narrow-site-home-dark-zh');
    await page.goto(siteUrl(slug, '/account/register'));
    await look(page, 'narrow-site-register-dark-zh');
    await page.goto(siteUrl(slug, '/archive'));
    await look(page, 'narrow-site-archive-dark-zh');
  });
});
