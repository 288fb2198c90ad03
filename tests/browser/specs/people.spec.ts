import { consoleUrl, expect, fresh, look, mailedLink, PASSWORD, signUp, siteUrl, test } from '../support/world.ts';

test('an address is checked while one types', async ({ page }) => {
  const { slug } = await signUp(page);
  await page.context().clearCookies();
  await page.goto(consoleUrl('/sign-up'));
  await page.getByLabel('Address', { exact: true }).fill(slug);
  await expect(page.getByText('is taken')).toBeVisible();
  await look(page, 'sign-up-slug-taken');
  await page.getByRole('button', { name: /^Use / }).click();
  await expect(page.getByText('can be had')).toBeVisible();
  await expect(page.getByLabel('Address', { exact: true })).not.toHaveValue(slug);
  await page.getByLabel('Address', { exact: true }).fill('admin');
  await expect(page.getByText('is kept for the platform')).toBeVisible();
});

test('people join an account, see what their role allows, change and leave', async ({ page, browser }) => {
  const { email } = await signUp(page);
  await expect(page.getByText('Your e-mail address is not confirmed')).toBeVisible();
  await page.getByRole('button', { name: 'Mail the link again' }).click();
  await expect(page.getByText(`The link is on its way to ${email}.`)).toBeVisible();

  await page.getByRole('link', { name: 'Members' }).click();
  await expect(page.getByRole('row', { name: email }).getByText('You', { exact: true })).toBeVisible();
  // The last owner stays one.
  await page.getByRole('row', { name: email }).getByLabel('Role').selectOption('viewer');
  await expect(page.getByText('The account was not changed')).toBeVisible();
  const invited = `${fresh('grace')}@example.org`;
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill(invited);
  await dialog.getByLabel('Role').selectOption('viewer');
  await look(page, 'members-invite');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  const row = page.getByRole('row', { name: invited });
  await expect(row.getByText('Invited')).toBeVisible();
  await look(page, 'members');

  await expect.poll(() => mailedLink(invited, '/join')).not.toBe('');
  const other = await (await browser.newContext()).newPage();
  await other.goto(mailedLink(invited, '/join'));
  await expect(other.getByText(`You join as ${invited}`)).toBeVisible();
  await look(other, 'join');
  await other.getByLabel('New password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Join' }).click();
  await other.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(other.getByRole('heading', { name: 'Harbour Books' })).toBeVisible();
  // A viewer looks.
  await expect(other.getByRole('button', { name: 'Open admin' })).toBeHidden();
  await expect(other.getByRole('button', { name: 'Delete site' })).toBeHidden();
  await expect(other.getByRole('button', { name: 'Add domain' })).toBeHidden();
  await look(other, 'site-viewer');
  await other.getByRole('link', { name: 'API keys' }).click();
  await expect(other.getByRole('alert')).toBeVisible();
  await look(other, 'keys-denied');

  await page.reload();
  await row.getByLabel('Role').selectOption('developer');
  await expect(page.getByText(`${invited} has a new role.`)).toBeVisible();
  await other.goto(consoleUrl('/sites'));
  await other.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(other.getByRole('button', { name: 'Open admin' })).toBeVisible();
  await expect(other.getByRole('button', { name: 'Delete site' })).toBeHidden();

  await row.getByRole('button', { name: 'Take out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take out' }).click();
  await expect(row).toBeHidden();
  await other.goto(consoleUrl('/sites'));
  await expect(other).toHaveURL(/sign-in/);
  await other.close();
});

test('a key is shown once, works, and is taken back', async ({ page, request }) => {
  await signUp(page);
  await page.getByRole('link', { name: 'API keys' }).click();
  await expect(page.getByText('No keys yet')).toBeVisible();
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Deploys');
  await dialog.getByLabel('Role').selectOption('developer');
  await look(page, 'key-new');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  const token = await dialog.getByLabel('Key').inputValue();
  expect(token).toMatch(/^fhk_/);
  await look(page, 'key-once');
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  const port = new URL(siteUrl('x')).port;
  const headers = { host: `console.localhost:${port}`, authorization: `Bearer ${token}` };
  const ask = () => request.get(`http://127.0.0.1:${port}/v1/sites`, { headers });
  expect((await ask()).status()).toBe(200);
  const row = page.getByRole('row', { name: 'Deploys' });
  await expect(row).toBeVisible();
  await look(page, 'keys');
  await row.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(row).toBeHidden();
  expect((await ask()).status()).toBe(401);
});
