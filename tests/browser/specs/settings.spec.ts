import { expect, look, signUp, siteUrl, test } from '../support/world.ts';

test('settings say what is wrong, and the site follows them', async ({ page }) => {
  const { slug } = await signUp(page);
  await page.getByRole('button', { name: 'Open admin' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByLabel('Title')).toHaveValue('Harbour Books');
  const save = page.getByRole('button', { name: 'Save settings' });
  await expect(save).toBeDisabled();
  await page.getByLabel('Title').fill('Harbour & Sons');
  await page.getByLabel('Posts per page').fill('500');
  await page.getByLabel('Language', { exact: true }).fill('not a language');
  await save.click();
  await expect(page.getByText('Enter a whole number from 1 to 50.')).toBeVisible();
  await expect(page.getByLabel('Language', { exact: true })).toBeFocused();
  await look(page, 'settings-problems');
  await page.getByLabel('Posts per page').fill('5');
  await page.getByLabel('Language', { exact: true }).fill('de');
  await page.getByLabel('Time zone').selectOption('Europe/Berlin');
  await page.getByLabel('Let visitors register').uncheck();
  await save.click();
  await expect(page.getByText('The settings are saved.')).toBeVisible();
  await expect(page.getByText('Harbour & Sons · ')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Berlin');
  await expect(page.getByLabel('Let visitors register')).not.toBeChecked();
  await look(page, 'settings');
  await page.goto(siteUrl(slug));
  await expect(page).toHaveTitle(/Harbour & Sons/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });

  test('settings fit', async ({ page }) => {
    await signUp(page);
    await page.getByRole('button', { name: 'Open admin' }).click();
    await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    await page.evaluate(() => localStorage.setItem('freehold.locale', 'zh'));
    await page.goto(new URL('/settings', page.url()).href);
    await expect(page.locator('input').first()).toHaveValue('Harbour Books');
    await look(page, 'narrow-settings-dark-zh');
  });
});
