/** The first steps with a new site: from what is there, each with its way on, until done or put away. */
import type { Page } from '@playwright/test';
import { consoleUrl, expect, fresh, look, mailedLink, PASSWORD, signUp, test } from '../support/world.ts';

const steps = (page: Page) => page.getByRole('region', { name: 'First steps' });
const step = (page: Page, name: string) => steps(page).getByRole('listitem').filter({ hasText: name });

async function confirmAddress(page: Page, email: string): Promise<void> {
  await expect.poll(() => mailedLink(email, '/verify')).not.toBe('');
  await page.goto(mailedLink(email, '/verify'));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('link', { name: 'Go to your sites' }).click();
}

async function backToSite(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await page.getByRole('link', { name: 'Harbour Books' }).click();
}

test('each step is ticked when it is really done, and the list goes with the last one', async ({ page }) => {
  const { email, slug } = await signUp(page);
  await expect(steps(page).getByText('Done: 1 of 5.')).toBeVisible();
  await expect(step(page, 'The site can be reached')).toContainText('(done)');
  await look(page, 'first-days');

  await expect(step(page, 'Confirm your e-mail address')).toContainText('(to do)');
  await step(page, 'Confirm your e-mail address').getByRole('button').click();
  await expect(page.getByText(`The link is on its way to ${email}.`)).toBeVisible();
  await confirmAddress(page, email);
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(step(page, 'Confirm your e-mail address')).toContainText('(done)');

  await step(page, 'Add a domain of your own').getByRole('button').click();
  const hostname = page.getByRole('region', { name: 'Domains' }).getByLabel('Domain');
  await expect(hostname).toBeFocused();
  await page.keyboard.type(`www.${slug}.example-of-nobody.org`);
  await page.keyboard.press('Enter');
  await expect(step(page, 'Add a domain of your own')).toContainText('(done)');
  await expect(steps(page).getByText('Done: 3 of 5.')).toBeVisible();

  await step(page, 'Work with others').getByRole('link').click();
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page
    .getByRole('dialog')
    .getByLabel('E-mail')
    .fill(`${fresh('grace')}@example.org`);
  await page.getByRole('button', { name: 'Send invitation' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await backToSite(page);
  await expect(step(page, 'Work with others')).toContainText('(done)');
  await look(page, 'first-days-nearly');

  await step(page, 'Let your programs in').getByRole('link').click();
  await page.getByRole('button', { name: 'New API key' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Deploys');
  await page.getByRole('button', { name: 'Make key' }).click();
  await expect(page.getByText('It is shown this once.')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await backToSite(page);
  await expect(page.getByRole('region', { name: 'Domains' })).toBeVisible();
  await expect(steps(page)).toBeHidden();
  await page.reload();
  await expect(page.getByRole('region', { name: 'Domains' })).toBeVisible();
  await expect(steps(page)).toBeHidden();
});

test('the list is put away for good, for one site and one person', async ({ page }) => {
  const { email } = await signUp(page);
  await confirmAddress(page, email);
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  await steps(page).getByRole('button', { name: 'Do not show this again' }).click();
  await expect(steps(page)).toBeHidden();
  await page.reload();
  await expect(page.getByRole('region', { name: 'Domains' })).toBeVisible();
  await expect(steps(page)).toBeHidden();

  await page.goto(consoleUrl('/sites/new'));
  await page.getByLabel('Site name').fill('Tea Room');
  await page.getByLabel('Address', { exact: true }).fill(fresh('tea'));
  await page.getByRole('button', { name: 'Create site' }).click();
  await expect(steps(page)).toBeVisible();
});

test('a step whose state cannot be had is left out alone', async ({ page }) => {
  await signUp(page);
  await page.route('**/v1/account/keys*', (route) => route.fulfill({ status: 403, body: '{}' }));
  await page.route('**/v1/sites/*/domains*', (route) => route.fulfill({ status: 403, body: '{}' }));
  await page.reload();
  await expect(steps(page).getByText('Done: 1 of 3.')).toBeVisible();
  await expect(steps(page).getByRole('listitem')).toHaveCount(3);
  await expect(step(page, 'Work with others')).toBeVisible();
});

test('what a role may not do is not among the steps', async ({ page, browser }) => {
  await signUp(page);
  const invited = `${fresh('viewer')}@example.org`;
  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByRole('dialog').getByLabel('E-mail').fill(invited);
  await page.getByRole('dialog').getByLabel('Role').selectOption('developer');
  await page.getByRole('button', { name: 'Send invitation' }).click();
  await expect.poll(() => mailedLink(invited, '/join')).not.toBe('');
  const other = await (await browser.newContext()).newPage();
  await other.goto(mailedLink(invited, '/join'));
  await other.getByLabel('New password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Join' }).click();
  await other.getByRole('link', { name: 'Harbour Books' }).click();
  // Developers add domains and keys, and invite nobody.
  await expect(step(other, 'Add a domain of your own')).toBeVisible();
  await expect(step(other, 'Let your programs in')).toBeVisible();
  await expect(step(other, 'Work with others')).toBeHidden();

  // Whoever joined is another row than the invitation was.
  await page.reload();
  await page.getByRole('row', { name: invited }).getByLabel('Role').selectOption('viewer');
  await expect(page.getByText(`${invited} has a new role.`)).toBeVisible();
  await other.reload();
  await expect(other.getByRole('region', { name: 'Domains' })).toBeVisible();
  // Nothing is left that a viewer could do.
  await expect(steps(other)).toBeHidden();
  await other.close();
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'zh-CN' });

  test('the steps fit', async ({ page }) => {
    await page.goto(consoleUrl('/sign-up'));
    const slug = fresh('yu');
    await page.getByLabel('站点名称').fill('雨');
    await page.getByLabel('地址', { exact: true }).fill(slug);
    await page.getByLabel('邮箱').fill(`${slug}@example.org`);
    await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
    await page.locator('form button[type=submit]').click();
    await expect(page.getByRole('region', { name: '最初几步' }).getByRole('listitem')).toHaveCount(5);
    await look(page, 'narrow-first-days-dark-zh');
  });
});
