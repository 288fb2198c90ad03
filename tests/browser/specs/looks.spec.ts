/** Dark and light, Chinese, a narrow screen, the keyboard alone, and everything that opens. */
import { consoleUrl, expect, fresh, look, PASSWORD, signUp, test } from '../support/world.ts';

test('dark is remembered without a flash, and so is Chinese', async ({ page }) => {
  await signUp(page);
  await page.getByRole('button', { name: 'Appearance and language' }).click();
  await look(page, 'menu-preferences');
  await page.getByRole('menuitem', { name: 'Dark' }).click();
  await page.getByRole('button', { name: 'Appearance and language' }).click();
  await page.getByRole('menuitem', { name: '中文' }).click();
  await expect(page.getByRole('link', { name: '站点', exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
  await look(page, 'site-dark-zh');

  // Before any module has run, the page must be dark and Chinese already.
  await page.route('**/assets/index-*.js', (route) => route.abort());
  await page.reload({ waitUntil: 'domcontentloaded' });
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
  await page.unroute('**/assets/index-*.js');
  await page.goto(consoleUrl('/sites'));
  await expect(page.getByRole('heading', { name: '站点' })).toBeVisible();
  await look(page, 'sites-dark-zh');
  await page.goto(consoleUrl('/sign-in'));
  await look(page, 'sign-in-dark-zh');
});

test('the system decides where nobody chose', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(consoleUrl('/sign-up'));
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await look(page, 'sign-up-dark');
});

test.describe('at 390 px', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('signing up, reading and deleting fit', async ({ page }) => {
    await page.goto(consoleUrl('/sign-up'));
    await look(page, 'narrow-sign-up');
    await signUp(page, 'A Rather Long Name For A Small Bookshop By The Harbour');
    await look(page, 'narrow-site');
    await page.getByRole('button', { name: 'Open navigation' }).click();
    await look(page, 'narrow-navigation');
    await page.getByRole('link', { name: 'Sites', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Sites' })).toBeVisible();
    await look(page, 'narrow-sites');
    await page.getByRole('link', { name: /A Rather Long Name/ }).click();
    await page.getByRole('button', { name: 'Delete site' }).click();
    await look(page, 'narrow-delete');
  });
});

test('everything works by keyboard, and shortcuts leave typing alone', async ({ page }) => {
  const slug = fresh('keys');
  await page.goto(consoleUrl('/sign-up'));
  await page.getByLabel('Site name').focus();
  await page.keyboard.type('Keys');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(slug);
  await page.keyboard.press('Tab');
  await page.keyboard.type(`${slug}@example.org`);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Keys is live' })).toBeVisible();

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await look(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await expect(page).toHaveURL(/\/sites$/);
  await expect(page.getByRole('link', { name: 'Keys', exact: true })).toBeVisible();
  await page.getByRole('searchbox').focus();
  await page.keyboard.type('g o');
  await expect(page).toHaveURL(/\/sites/);
  await page.getByRole('searchbox').fill('');
  await expect(page.getByRole('link', { name: 'Keys', exact: true })).toBeVisible();

  const row = page.locator('tbody tr').first();
  await row.focus();
  await page.keyboard.press('Escape');
  await expect(row).not.toBeFocused();
  await row.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Keys', exact: true })).toBeVisible();

  await page.keyboard.press('Control+k');
  await expect(page.getByRole('textbox', { name: 'Search and commands' })).toBeFocused();
  await look(page, 'palette');
  await page.keyboard.type('keys');
  await expect(page.getByRole('button', { name: /Keys.*localhost/ })).toBeVisible();
  await look(page, 'palette-found');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('operations');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/operations/);

  const preferences = page.getByRole('button', { name: 'Appearance and language' });
  await preferences.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Light' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(preferences).toBeFocused();
});
