/** Which account one is in and as what, and how one gets to another. */
import { consoleUrl, expect, look, mailedLink, PASSWORD, signUp, test } from '../support/world.ts';

test('the menu says which account this is, in which role, and leads to the others', async ({ page, browser }) => {
  const { email } = await signUp(page, 'Tea Room');
  const menu = page.getByRole('button', { name: 'Account' });
  await menu.click();
  await expect(page.getByRole('menu').getByText('Tea Room')).toBeVisible();
  await expect(page.getByText('Your role: Owner')).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Switch account' })).toBeHidden();
  await look(page, 'account-menu');

  const other = await (await browser.newContext()).newPage();
  await signUp(other, 'Harbour Books');
  await other.goto(consoleUrl('/account/members'));
  await other.getByRole('button', { name: 'Invite somebody' }).click();
  await other.getByRole('dialog').getByLabel('E-mail').fill(email);
  await other.getByRole('dialog').getByLabel('Role').selectOption('viewer');
  await other.getByRole('button', { name: 'Send invitation' }).click();
  await expect(other.getByRole('row', { name: email })).toBeVisible();
  await other.close();
  await expect.poll(() => mailedLink(email, '/join')).not.toBe('');
  await page.goto(mailedLink(email, '/join'));
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeVisible();

  await menu.click();
  await expect(page.getByRole('menu').getByText('Harbour Books')).toBeVisible();
  await expect(page.getByText('Your role: Viewer')).toBeVisible();
  await look(page, 'account-menu-others');
  await page.getByRole('menuitem', { name: 'Switch account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Switch account' });
  const search = dialog.getByRole('combobox', { name: 'Search by name' });
  await expect(search).toBeFocused();
  await expect(dialog.getByRole('option', { name: 'Tea Room Owner' })).toBeVisible();
  await expect(dialog.getByRole('option', { name: 'Harbour Books Viewer', selected: true })).toBeVisible();
  await look(page, 'account-switcher');
  await page.keyboard.type('nobody has this');
  await expect(dialog.getByText('No account of yours has this name.')).toBeVisible();
  await expect(dialog.getByRole('option')).toHaveCount(0);
  await look(page, 'account-switcher-none');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  // By keyboard alone: its name and Enter. What the list was left with belongs to the other account.
  await page.getByRole('searchbox').fill('Harbour');
  await expect(page).toHaveURL(/q=Harbour/);
  await page.getByRole('searchbox').blur();
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search and commands' }).fill('switch');
  await page.keyboard.press('Enter');
  await expect(search).toBeFocused();
  await page.keyboard.type('tea');
  await expect(dialog.getByRole('option')).toHaveCount(1);
  const first = await dialog.getByRole('option').getAttribute('id');
  await expect(search).toHaveAttribute('aria-activedescendant', first ?? '');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('link', { name: 'Tea Room' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeHidden();
  await expect(page.getByRole('searchbox')).toHaveValue('');

  // And back, by arrows.
  await menu.click();
  await expect(page.getByText('Your role: Owner')).toBeVisible();
  await page.getByRole('menuitem', { name: 'Switch account' }).click();
  await expect(search).toBeFocused();
  const books = await dialog.getByRole('option', { name: /Harbour Books/ }).getAttribute('id');
  for (let step = 0; step < 2; step++) {
    await page.keyboard.press('ArrowDown');
    if ((await search.getAttribute('aria-activedescendant')) === books) break;
  }
  await expect(search).toHaveAttribute('aria-activedescendant', books ?? '');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Harbour Books' })).toBeVisible();
});

test('an account that cannot be opened leaves one where one is', async ({ page }) => {
  const { email } = await signUp(page, 'Tea Room');
  // Two accounts, as the API would tell of them.
  const me = await page.evaluate(async () => (await fetch('/v1/me')).json());
  me.data.accounts.push({ id: 'acc_00000000000000000000000000', name: 'Gone By Now', role: 'admin' });
  await page.route('**/v1/me', (route) => route.fulfill({ json: me }));
  await page.reload();
  await page.getByRole('button', { name: 'Account' }).click();
  await expect(page.getByRole('menu').getByText(email)).toBeVisible();
  await page.getByRole('menuitem', { name: 'Switch account' }).click();
  await page.getByRole('option', { name: 'Gone By Now' }).click();
  await expect(page.getByText('The account was not changed')).toBeVisible();
  await expect(page.getByRole('dialog', { name: 'Switch account' })).toBeVisible();
  await look(page, 'account-switcher-failed');
});
