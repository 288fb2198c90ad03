/** People in a site's admin: users and their roles, oneself, tokens, and how others see it. */
import type { Page } from '@playwright/test';
import { enterAdmin, overApi, visit } from '../support/site.ts';
import { adminUrl, expect, fresh, look, PASSWORD, test } from '../support/world.ts';

/** Registers somebody on the site whose admin the page is of. */
async function register(page: Page, email: string, username: string) {
  const made = await page.evaluate(
    async (person) => {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify(person);
      return (await fetch('/api/v1/auth/register', { method: 'POST', headers, body })).status;
    },
    { email, username, password: PASSWORD },
  );
  expect(made).toBe(201);
}

test('users are added, given a role and suspended, and tell why where they may not', async ({ page, browser }) => {
  const slug = await enterAdmin(page);
  await page.getByRole('link', { name: 'Users', exact: true }).first().click();
  await expect(page.getByText('From the console')).toBeVisible();
  await page.getByRole('button', { name: 'Add user' }).click();
  const dialog = page.getByRole('dialog');
  const email = `${fresh('ada')}@example.org`;
  await dialog.getByLabel('E-mail').fill(email);
  await dialog.getByLabel('Name').fill('a');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await expect(dialog.getByText('Use 2 to 50 letters')).toBeVisible();
  await dialog.getByLabel('Name').fill('ada');
  await dialog.getByLabel('First password').fill(PASSWORD);
  await look(page, 'users-add');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText('ada can sign in.')).toBeVisible();
  await page.getByLabel('Role: ada').selectOption('editor');
  await expect(page.getByText('ada has another role')).toBeVisible();
  await page.getByRole('region', { name: 'Users' }).getByLabel('Role', { exact: true }).selectOption('editor');
  await expect(page).toHaveURL(/role=editor/);
  await expect(page.getByRole('row', { name: /ada/ })).toBeVisible();
  await look(page, 'users');

  const other = await (await browser.newContext()).newPage();
  await other.goto(adminUrl(slug, '/sign-in'));
  await other.getByLabel('E-mail').fill(email);
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await expect(other.getByRole('link', { name: 'Users', exact: true })).toHaveCount(0);
  await other.goto(adminUrl(slug, '/users'));
  await expect(other.getByText('users.manage')).toBeVisible();
  await look(other, 'users-denied');

  await page.getByRole('button', { name: 'Suspend: ada' }).click();
  await expect(page.getByText('They are signed out at once')).toBeVisible();
  await look(page, 'users-suspend');
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
  await expect(page.getByText('ada is suspended.')).toBeVisible();
  await other.goto(adminUrl(slug, '/posts'));
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Let in again: ada' }).click();
  await expect(page.getByText('ada can sign in again.')).toBeVisible();
});

test('people see where they are signed in, and sign out elsewhere', async ({ page, browser }) => {
  const slug = await enterAdmin(page);
  await page.goto(adminUrl(slug, '/me'));
  const mine = page.getByRole('region', { name: 'Where you are signed in' });
  await expect(mine.getByRole('listitem')).toHaveCount(1);
  await expect(mine.getByText('From the console')).toBeVisible();
  await expect(mine.getByRole('button')).toHaveCount(0);

  const email = `${fresh('sol')}@example.org`;
  const enter = async (asFirst: boolean) => {
    const other = await (await browser.newContext()).newPage();
    await other.goto(adminUrl(slug, '/sign-in'));
    if (asFirst) await register(other, email, 'sol');
    await other.getByLabel('E-mail').fill(email);
    await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('link', { name: 'You' }).click();
    return other;
  };
  const first = await enter(true);
  const second = await enter(false);
  const theirs = second.getByRole('region', { name: 'Where you are signed in' });
  await expect(theirs.getByRole('listitem')).toHaveCount(3);
  await expect(theirs.getByText('This one')).toHaveCount(1);
  await expect(theirs.getByText('Registered', { exact: false })).toBeVisible();
  await theirs.scrollIntoViewIfNeeded();
  await look(second, 'sessions');
  await theirs.getByRole('listitem').last().getByRole('button').click();
  await expect(second.getByText('The session has ended.')).toBeVisible();
  await expect(theirs.getByRole('listitem')).toHaveCount(2);
  await theirs.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(second.getByText('Your API tokens go on.')).toBeVisible();
  await look(second, 'sessions-others');
  await second.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(second.getByText('You are signed in here alone.')).toBeVisible();
  await expect(theirs.getByRole('listitem')).toHaveCount(1);
  await first.goto(adminUrl(slug, '/posts'));
  await expect(first.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('people change what they say of themselves, and their password', async ({ page, browser }) => {
  const slug = await enterAdmin(page);
  await page.goto(adminUrl(slug, '/me'));
  await page.getByLabel('Web page').fill('javascript:alert(1)');
  await page.getByLabel('About you').fill('Reads a lot.');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await expect(page.getByText('Enter an address that starts with')).toBeVisible();
  await page.getByLabel('Web page').fill('https://example.org');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await expect(page.getByText('Your profile is saved.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Password' })).toHaveCount(0);

  const reader = await (await browser.newContext()).newPage();
  await reader.goto(adminUrl(slug, '/sign-in'));
  const email = `${fresh('rae')}@example.org`;
  await register(reader, email, 'rae');
  const signIn = async (password: string) => {
    await reader.getByLabel('E-mail').fill(email);
    await reader.getByLabel('Password', { exact: true }).fill(password);
    await reader.getByRole('button', { name: 'Sign in' }).click();
  };
  await signIn(PASSWORD);
  await reader.getByRole('link', { name: 'You' }).click();
  const form = reader.getByRole('region', { name: 'Password' });
  await form.getByLabel('Password now').fill('not-my-password');
  await form.getByLabel('New password').fill('quiet-otter-41');
  await form.getByRole('button', { name: 'Change password' }).click();
  await expect(form.getByText('This is not your password.')).toBeVisible();
  await look(reader, 'admin-password');
  await form.getByLabel('Password now').fill(PASSWORD);
  await form.getByRole('button', { name: 'Change password' }).click();
  await expect(reader.getByText('Your password is changed.')).toBeVisible();
  await reader.reload();
  await expect(reader.getByRole('region', { name: 'Profile' })).toBeVisible();
});

test('a token is made from a template, shown once, renewed and revoked', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.getByRole('link', { name: 'API tokens', exact: true }).click();
  await expect(page.getByText('No tokens yet')).toBeVisible();
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Publishing' }).click();
  await expect(dialog.getByLabel('Name')).toHaveValue('Publishing');
  await look(page, 'token-new');
  await dialog.getByLabel('Only from').fill('127.0.0.0/8, home');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  await expect(dialog.getByText('Enter addresses or networks')).toBeVisible();
  await dialog.getByLabel('Only from').fill('127.0.0.0/8, ::1');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const secret = await dialog.getByLabel('Token', { exact: true }).inputValue();
  expect(secret).toMatch(/^fht_/);
  await look(page, 'token-once');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  const call = async (token: string) => {
    const body = { title: 'By a program', content: 'x' };
    return (await visit(slug, '/api/v1/posts', { method: 'POST', token, body })).status;
  };
  expect(await call(secret)).toBe(201);
  await page.reload();
  await expect(page.getByRole('row', { name: /Publishing/ })).not.toContainText('Never');
  await look(page, 'tokens');
  await page.getByRole('button', { name: 'Renew: Publishing' }).click();
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const renewed = await dialog.getByLabel('Token', { exact: true }).inputValue();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect([await call(secret), await call(renewed)]).toEqual([401, 201]);
  await page.getByRole('button', { name: 'Revoke: Publishing' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Publishing is revoked.')).toBeVisible();
  expect(await call(renewed)).toBe(401);
  // An address brings the form with it.
  await page.goto(adminUrl(slug, '/tokens?name=Deploy&scope=write'));
  await expect(dialog.getByLabel('Name')).toHaveValue('Deploy');
  await expect(dialog.getByLabel('Write')).toBeChecked();
});

test('the admin is seen as somebody of a lesser role would see it', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.getByRole('button', { name: 'You' }).click();
  await page.getByRole('menuitem', { name: 'Author' }).click();
  await expect(page.getByText('You see the admin as somebody with this role would: Author')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Users', exact: true })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
  await look(page, 'view-as');
  await page.goto(adminUrl(slug, '/settings'));
  await expect(page.getByText('options.manage')).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('link', { name: 'Settings' })).toBeVisible();
});

test('a role of the site’s own is given by its name, and the admin is seen as it would be', async ({ page }) => {
  const slug = await enterAdmin(page);
  const permissions = [{ action: 'read', subject: 'stats' }];
  const role = { name: 'Desk helper', permissions };
  expect(await overApi(page, 'POST', '/api/v1/admin/rbac/roles', role)).toBe(201);
  const ada = { email: `${fresh('ada')}@example.org`, username: 'ada', role: 'reader', password: PASSWORD };
  expect(await overApi(page, 'POST', '/api/v1/admin/users', ada)).toBe(201);
  await page.goto(adminUrl(slug, '/users'));
  await page.getByLabel('Role: ada').selectOption('Desk helper');
  await expect(page.getByText('ada has another role')).toBeVisible();
  await page.getByRole('region', { name: 'Users' }).getByLabel('Role', { exact: true }).selectOption('Desk helper');
  await expect(page).toHaveURL(/role=desk-helper/);
  await expect(page.getByRole('row', { name: /ada/ })).toBeVisible();
  await look(page, 'users-own-role');
  await page.getByRole('button', { name: 'You' }).click();
  await page.getByRole('menuitem', { name: 'Desk helper' }).click();
  await expect(page.getByText('You see the admin as somebody with this role would: desk-helper')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Users', exact: true })).toHaveCount(0);
  await look(page, 'view-as-own-role');
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });

  test('users and tokens fit', async ({ page }) => {
    const slug = await enterAdmin(page);
    await page.evaluate(() => localStorage.setItem('freehold.locale', 'zh'));
    await page.goto(adminUrl(slug, '/users'));
    await expect(page.getByText('来自控制台')).toBeVisible();
    await look(page, 'narrow-users-dark-zh');
    await page.goto(adminUrl(slug, '/tokens'));
    await page.getByRole('button', { name: '新建令牌' }).click();
    await look(page, 'narrow-token-new-dark-zh');
  });
});
