/** Both apps while nothing can be reached, or everything fails: they say so, ask with moderation, come back. */
import { enterAdmin } from '../support/site.ts';
import { adminUrl, consoleUrl, expect, look, signUp, test } from '../support/world.ts';

test('the admin says what it cannot reach, keeps what was typed, and comes back', async ({ page, context }) => {
  const slug = await enterAdmin(page);
  await page.goto(adminUrl(slug, '/posts/edit?post=welcome'));
  await expect(page.getByLabel('Title')).toHaveValue(/Welcome/);
  // All screens are fetched once the first one is there.
  await page.waitForLoadState('networkidle');
  await context.setOffline(true);
  await page.getByLabel('Title').fill('Written on a train');
  await page.keyboard.press('Control+s');
  await expect(page.getByText('The server cannot be reached. Your text is kept')).toBeVisible();
  await page.getByRole('link', { name: 'Users', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByText('The server cannot be reached').first()).toBeVisible();
  await look(page, 'offline-admin');
  await context.setOffline(false);
  // It is asked again by itself.
  await expect(page.getByText('From the console')).toBeVisible();
  await page.goto(adminUrl(slug, '/posts/edit?post=welcome'));
  await page.getByRole('button', { name: 'Put it into the editor' }).click();
  await expect(page.getByLabel('Title')).toHaveValue('Written on a train');
});

test('where everything fails each part says so by itself, and nothing is asked without end', async ({ page }) => {
  await signUp(page);
  await page.goto(consoleUrl('/sites'));
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(page.getByRole('region', { name: 'Domains' })).toBeVisible();
  const failing = /\/v1\/(sites\/[^/]+\/|operations|account\/)/;
  let asked = 0;
  await page.route(failing, (route) => {
    asked++;
    return route.fulfill({ status: 503, json: { code: 50300, message: 'busy', data: null } });
  });
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Harbour Books' })).toBeVisible();
  for (const name of ['Domains', 'Usage']) {
    await expect(page.getByRole('region', { name }).getByRole('button', { name: 'Try again' })).toBeVisible({
      timeout: 30_000,
    });
  }
  await look(page, 'failing-console');
  // Each is asked a few times, ever more slowly; then it waits for somebody.
  expect(asked).toBeLessThan(60);
  await page.unroute(failing);
  await page.getByRole('region', { name: 'Domains' }).getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('No domains yet').or(page.getByLabel('Domain')).first()).toBeVisible();
});

test('from signing up to a published post by keyboard alone', async ({ page }) => {
  await page.goto(consoleUrl('/sign-up'));
  const typeInto = async (name: string, text: string) => {
    const field = page.getByLabel(name, { exact: true });
    for (let steps = 0; steps < 40; steps++) {
      if (await field.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await expect(field).toBeFocused();
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text);
  };
  const slug = `keys-${Date.now().toString(36)}`;
  await typeInto('Site name', 'By keyboard');
  await typeInto('Address', slug);
  await typeInto('E-mail', `${slug}@example.org`);
  await typeInto('Password', 'tidal-lamp-93');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'By keyboard is live' })).toBeVisible();
  await page.keyboard.press('o');
  await page.keyboard.press('a');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await page.keyboard.press('c');
  await page.keyboard.press('p');
  await expect(page.getByText('Not saved yet.')).toBeVisible();
  await typeInto('Title', 'Without a mouse');
  await page.keyboard.press('Control+s');
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  const publish = page.getByRole('button', { name: 'Publish' });
  for (let steps = 0; steps < 60; steps++) {
    if (await publish.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('Shift+Tab');
  }
  await page.keyboard.press('Enter');
  await expect(page.getByText('Published. Everybody can read it.')).toBeVisible();
});
