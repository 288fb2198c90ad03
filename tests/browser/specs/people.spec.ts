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
  await expect(page.getByRole('row', { name: email }).getByRole('alert')).toContainText('at least one owner');
  await expect(page.getByRole('row', { name: email }).getByLabel('Role')).toHaveValue('owner');
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

test('a role shows at once, and is taken back with the reason when it is refused', async ({ page }) => {
  await signUp(page);
  await page.getByRole('link', { name: 'Members' }).click();
  const [grace, alan] = [`${fresh('grace')}@example.org`, `${fresh('alan')}@example.org`];
  for (const email of [grace, alan]) {
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await page.getByRole('dialog').getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Send invitation' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
  }
  const cell = (email: string) => page.getByRole('row', { name: email });
  const role = (email: string) => cell(email).getByLabel('Role');
  await expect(role(grace)).toHaveValue('developer');

  // The first answer is kept waiting: what was chosen shows without it.
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let changes = 0;
  await page.route('**/v1/account/members/*', async (route) => {
    if (route.request().method() !== 'PATCH' || changes++ > 0) return route.continue();
    await asked;
    const error = { code: 'forbidden', fields: [], request_id: 'req_0' };
    await route.fulfill({ status: 403, json: { data: null, message: 'This role is not yours to give.', error } });
  });
  await role(grace).selectOption('admin');
  await expect(role(grace)).toHaveValue('admin');
  // Another change meanwhile is not taken back with it.
  await role(alan).selectOption('billing');
  await expect(role(alan)).toHaveValue('billing');
  await expect(cell(grace).getByRole('alert')).toBeHidden();
  answer();
  await expect(cell(grace).getByRole('alert')).toHaveText('Taken back. This role is not yours to give.');
  await expect(role(grace)).toHaveValue('developer');
  await expect(page.getByText(`${alan} has a new role.`)).toBeVisible();
  await expect(role(alan)).toHaveValue('billing');
  await look(page, 'member-role-refused');

  // The reason goes with the next try.
  await role(grace).selectOption('viewer');
  await expect(cell(grace).getByRole('alert')).toBeHidden();
  await expect(page.getByText(`${grace} has a new role.`)).toBeVisible();
  await page.reload();
  await expect(role(grace)).toHaveValue('viewer');
  await expect(role(alan)).toHaveValue('billing');
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
  const headers = { host: `console.localhost:${port}` };
  const ask = (bearer = token) =>
    request.get(`http://127.0.0.1:${port}/v1/sites`, { headers: { ...headers, authorization: `Bearer ${bearer}` } });
  expect((await ask()).status()).toBe(200);
  const row = page.getByRole('row', { name: 'Deploys' });
  await row.getByRole('button', { name: 'Renew' }).click();
  await dialog.getByLabel('Only from').fill('home');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  await expect(dialog.getByText('Enter addresses or networks')).toBeVisible();
  await dialog.getByLabel('Only from').fill('127.0.0.0/8');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  const renewed = await dialog.getByLabel('Key').inputValue();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  expect([(await ask()).status(), (await ask(renewed)).status()]).toEqual([401, 200]);
  await expect(row).toBeVisible();
  await look(page, 'keys');
  await row.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(row).toBeHidden();
  expect((await ask(renewed)).status()).toBe(401);
  // An address brings the form with it.
  await page.goto(consoleUrl('/account/keys?name=Reports&role=viewer'));
  await expect(dialog.getByLabel('Name')).toHaveValue('Reports');
});
