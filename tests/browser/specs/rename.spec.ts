/** A site's name and address are changed in the console, and its former address given up. */
import { adminUrl, consoleUrl, expect, fresh, look, signUp, siteUrl, test } from '../support/world.ts';

test('a site gets another address, and the former one leads on until it is given up', async ({ page }) => {
  const { slug } = await signUp(page);
  await page.goto(consoleUrl('/sites'));
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(page.getByText('It answers.')).toBeVisible();
  const panel = page.getByRole('region', { name: 'Name and address' });
  const save = panel.getByRole('button', { name: 'Save name and address' });
  await expect(save).toBeDisabled();
  const next = fresh('quay');
  await panel.getByLabel('Address').fill('Not a slug');
  await save.click();
  await expect(panel.getByText('Use 3 to 40 lower-case letters')).toBeVisible();
  await panel.getByLabel('Address').fill('adm1n');
  await expect(panel.getByText('is kept for the platform')).toBeVisible();
  await panel.getByLabel('Address').fill(next);
  await expect(panel.getByText('can be had')).toBeVisible();
  await expect(panel.getByText('leads here for 90 days')).toBeVisible();
  await panel.getByLabel('Name', { exact: true }).fill('Quay Books');
  await panel.scrollIntoViewIfNeeded();
  await look(page, 'site-rename');
  await save.click();
  await expect(page.getByText('Quay Books is saved.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Quay Books' })).toBeVisible();
  const former = panel.getByRole('list', { name: 'Former addresses' });
  await expect(former).toContainText(`${slug}.localhost`);
  await look(page, 'site-renamed');

  const visitor = await page.context().newPage();
  await visitor.goto(siteUrl(slug, '/posts/welcome'));
  expect(visitor.url()).toBe(siteUrl(next, '/posts/welcome'));
  await expect(visitor.getByRole('heading', { name: 'Welcome to Harbour Books' })).toBeVisible();
  await visitor.goto(adminUrl(slug, '/sign-in'));
  expect(visitor.url()).toContain(`${next}.admin.localhost`);
  await page.getByRole('button', { name: 'Open admin' }).click();
  await expect(page).toHaveURL(new RegExp(`${next}\\.admin\\.localhost`));
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();

  await page.goto(consoleUrl('/sites'));
  await page.getByRole('link', { name: 'Quay Books' }).click();
  await former.getByRole('button', { name: `Give up ${slug}` }).click();
  await expect(page.getByText(`${slug} leads here no longer.`)).toBeVisible();
  await expect(former).toBeHidden();
  const gone = await visitor.goto(siteUrl(slug));
  expect(gone?.status()).toBe(404);
});
