/** The console, as a customer uses it. */
import { consoleUrl, expect, fresh, look, mailedLink, PASSWORD, signUp, siteUrl, test } from '../support/world.ts';

test('sign-up tells what is wrong, field by field, and ends on the live site', async ({ page }) => {
  await page.goto(consoleUrl('/sign-up'));
  await look(page, 'sign-up');
  await page.getByRole('button', { name: 'Create account and site' }).click();
  await expect(page.getByText('Use 3 to 40 lower-case letters')).toBeVisible();
  await look(page, 'sign-up-problems');

  const { slug } = await signUp(page);
  await expect(page.getByText('Prepare the database')).toBeVisible();
  await look(page, 'site-created');
  await page.goto(siteUrl(slug));
  await expect(page.getByText('Harbour Books').first()).toBeVisible();

  await page.goto(consoleUrl('/sign-up'));
  await page.getByLabel('Site name').fill('Another');
  await page.getByLabel('Address', { exact: true }).fill(slug);
  await page.getByLabel('E-mail').fill(`${fresh('other')}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account and site' }).click();
  await expect(page.getByText('This address is taken.')).toBeVisible();
  await expect(page.getByLabel('Address', { exact: true })).toBeFocused();
  await look(page, 'sign-up-taken');
});

test('signing out and in leads back to where one was', async ({ page }) => {
  const { email } = await signUp(page);
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await look(page, 'sign-in');

  await page.goto(consoleUrl('/operations?state=succeeded'));
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('not-my-password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('The e-mail address or the password is not right')).toBeVisible();
  await look(page, 'sign-in-wrong');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/operations\?state=succeeded/);
  await expect(page.getByRole('link', { name: 'Create site' })).toBeVisible();
  await look(page, 'operations');
});

test('a forgotten password and an address are taken care of by mail', async ({ page }) => {
  const { email } = await signUp(page);
  await expect.poll(() => mailedLink(email, '/verify')).not.toBe('');
  await page.goto(mailedLink(email, '/verify'));
  await look(page, 'verify');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('Your e-mail address is confirmed.')).toBeVisible();

  await page.goto(consoleUrl('/forgot'));
  await page.getByLabel('E-mail').fill(email);
  await look(page, 'forgot');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByText('the link is on its way')).toBeVisible();
  await expect.poll(() => mailedLink(email, '/reset')).not.toBe('');
  await page.goto(mailedLink(email, '/reset'));
  await page.getByLabel('New password').fill('quiet-otter-41');
  await look(page, 'reset');
  await page.getByRole('button', { name: 'Save new password' }).click();
  await expect(page.getByText('Your new password is saved.')).toBeVisible();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('quiet-otter-41');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Sites' })).toBeVisible();
});

test('a second site, found by search, deleted by its typed address and brought back', async ({ page }) => {
  const { email } = await signUp(page);
  await page.goto(await waitForMail(email));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('link', { name: 'Go to your sites' }).click();
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeVisible();
  await page.getByRole('link', { name: 'New site' }).click();
  const slug = fresh('tea');
  await page.getByLabel('Site name').fill('Tea Room');
  await page.getByLabel('Address', { exact: true }).fill(slug);
  await look(page, 'site-new');
  await page.getByRole('button', { name: 'Create site' }).click();
  await expect(page.getByRole('heading', { name: 'Tea Room is live' })).toBeVisible();

  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await look(page, 'sites');
  await page.getByRole('searchbox').fill('tea');
  await expect(page).toHaveURL(/q=tea/);
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeHidden();
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue('tea');
  await page.getByRole('searchbox').fill('nothing-like-it');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await look(page, 'sites-nothing');
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await page.getByRole('button', { name: 'Site name' }).click();
  await expect(page.getByRole('columnheader', { name: 'Site name' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(page).toHaveURL(/sort=name/);

  await page.getByRole('link', { name: 'Tea Room' }).click();
  await look(page, 'site');
  await page.getByRole('button', { name: 'Delete site' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Delete site' })).toBeDisabled();
  await dialog.getByRole('textbox').fill(slug);
  await look(page, 'site-delete');
  await dialog.getByRole('button', { name: 'Delete site' }).click();
  await expect(page.getByText('This site is deleted')).toBeVisible();
  await look(page, 'site-deleted');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: 'Open admin' })).toBeVisible();
  await page.getByRole('button', { name: 'Operations', exact: true }).click();
  await expect(page.getByRole('dialog').getByText('Restore site')).toBeVisible();
  await look(page, 'jobs');
});

async function waitForMail(email: string): Promise<string> {
  await expect.poll(() => mailedLink(email, '/verify')).not.toBe('');
  return mailedLink(email, '/verify');
}

test('what does not exist says so', async ({ page }) => {
  await signUp(page);
  await page.goto(consoleUrl('/sites/ten_00000000000000000000000000'));
  await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible();
  await look(page, 'not-found');
});

test('a server that cannot be reached is told apart from an empty list, and tried again', async ({ page }) => {
  await signUp(page);
  await page.route('**/v1/sites?*', (route) => route.abort());
  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await expect(page.getByText('The server cannot be reached.')).toBeVisible({ timeout: 20_000 });
  await look(page, 'offline');
  await page.unroute('**/v1/sites?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeVisible();
});
