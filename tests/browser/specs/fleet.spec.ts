/** The operator's pages. */
import { consoleUrl, expect, look, operatorToken, signUp, test } from '../support/world.ts';

test('an operator looks after workers, tenants and tokens; an owner reads why a site is suspended', async ({
  page,
}) => {
  const { slug } = await signUp(page, 'Quiet Garden');
  const own = page.url();
  await page.goto(consoleUrl('/fleet'));
  await expect(page.getByRole('heading', { name: 'Operator' })).toBeVisible();
  await page.getByLabel('Operator token').fill('fho_not-a-token');
  await page.getByRole('button', { name: 'Show the fleet' }).click();
  await expect(page.getByText('This is not the operator token')).toBeVisible();
  await look(page, 'operator-sign-in');
  await page.getByLabel('Operator token').fill(operatorToken());
  await page.getByRole('button', { name: 'Show the fleet' }).click();

  await expect(page.getByRole('heading', { name: 'Workers' })).toBeVisible();
  await page.getByRole('button', { name: /^Cordon/ }).click();
  await expect(page.getByText('Cordoned', { exact: true })).toBeVisible();
  await look(page, 'fleet-workers');
  await page.getByRole('button', { name: /^Uncordon/ }).click();
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();

  await page.getByRole('link', { name: 'Tenants' }).click();
  await page.getByRole('searchbox').fill(slug);
  await page.getByRole('button', { name: 'Suspend: Quiet Garden' }).click();
  await page.getByLabel('Reason').fill('unpaid invoice');
  await look(page, 'fleet-suspend');
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
  await expect(page.getByRole('button', { name: 'Resume: Quiet Garden' })).toBeVisible();
  await look(page, 'fleet-tenants');
  await page.goto(own);
  await expect(page.getByText('Reason: unpaid invoice')).toBeVisible();
  await look(page, 'site-suspended');
  await page.goto(consoleUrl(`/fleet/tenants?q=${slug}`));
  await page.getByRole('button', { name: 'Resume: Quiet Garden' }).click();
  await expect(page.getByRole('button', { name: 'Suspend: Quiet Garden' })).toBeVisible();

  await page.getByRole('link', { name: 'Processes' }).click();
  await expect(page.getByText('None has joined')).toBeVisible();
  await look(page, 'fleet-processes');
  await page.getByRole('link', { name: 'Join tokens' }).click();
  await page.getByRole('button', { name: 'New join token' }).click();
  await page.getByLabel('Works for hours').fill('2');
  await page.getByRole('button', { name: 'Make token' }).click();
  await expect(page.getByText('It is shown this once.')).toBeVisible();
  await look(page, 'fleet-token');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: /^Take back/ }).click();
  await expect(page.getByText('No join token works')).toBeVisible();
  await page.getByRole('link', { name: 'All operations' }).click();
  await expect(page.getByRole('link', { name: 'Suspend site' }).first()).toBeVisible();
  await look(page, 'fleet-operations');

  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Leave the fleet pages' }).click();
  await expect(page.getByRole('link', { name: 'Workers' })).toBeHidden();
});
