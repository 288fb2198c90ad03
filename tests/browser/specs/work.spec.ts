/** The work of one site as operators see it: jobs that fail, events that are delivered again, its database. */
import { enterFleet, OwnPlatform } from '../support/own.ts';
import { expect, look, test } from '../support/world.ts';

const own = new OwnPlatform();
const ERROR = 'the mail server refused the connection';

test.beforeAll(async () => {
  await own.start();
  const site = await own.site('harbour', 'Harbour Books');
  await own.site('garden', 'Quiet Garden');
  await own.stop();
  // Jobs that were given up; waiting for ten failures would take a quarter of an hour.
  const dead = (id: number, name: string) =>
    `INSERT INTO jobs (id, name, state, payload, attempts, attempts_max, failures, cut_offs, due_at, created_at, finished_at, error)
     VALUES (${id}, '${name}', 'dead', '{"fails_first":false}', 10, 10, 10, 0, 1, 1, ${Date.now()}, '${ERROR}')`;
  for (const id of [1, 2, 3]) own.sql(site, dead(id, 'kernel.probe'));
  own.sql(site, dead(4, 'mail.send'));
  await own.start(databases());
});

test.afterAll(() => own.end());

/** A Postgres for sites, where the run has one. */
const POSTGRES = process.env.FREEHOLD_TEST_POSTGRES;
const databases = (): Record<string, string> => (POSTGRES ? { 'worker.databases': `main=${POSTGRES}` } : {});

test('an operator finds the jobs that were given up, runs them again, and sees one fail', async ({ page }) => {
  await enterFleet(page, '/fleet/tenants');
  await page.getByRole('searchbox').fill('harbour');
  await expect(page).toHaveURL(/q=harbour/);
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  await expect(page.getByRole('heading', { name: 'Harbour Books' })).toBeVisible();
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect(page.getByRole('button', { name: 'Given up: 4' })).toBeVisible();
  await page.getByRole('button', { name: 'Given up: 4' }).click();
  await expect(page).toHaveURL(/state=dead/);
  await expect(jobs.getByText(ERROR)).toHaveCount(4);
  await look(page, 'work-dead');

  const again = jobs.getByRole('button', { name: /^Run again: kernel.probe/ });
  await again.first().click();
  await expect(page.getByText('1 job runs again.')).toBeVisible();
  await expect(jobs.getByText(ERROR)).toHaveCount(3);
  // The rest at once.
  await jobs.getByRole('checkbox', { name: 'Select this page' }).check();
  await look(page, 'work-selected');
  await jobs.getByRole('button', { name: 'Run again', exact: true }).click();
  await expect(page.getByText('3 jobs run again.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Given up: 0' })).toBeVisible();
  await expect(page.getByText('Nothing matches')).toBeVisible();
  // What no release knows fails again, and says so.
  await page.getByRole('button', { name: /^Waiting/ }).click();
  const failing = jobs.getByRole('row', { name: /mail\.send/ });
  await expect(failing).toContainText('Failed, tried again');
  await expect(failing).toContainText('this release does not know the job');
  await look(page, 'work-failing');
  await page.getByRole('button', { name: /^Done/ }).click();
  await expect(jobs.getByRole('row', { name: /kernel\.probe/ }).first()).toContainText('Done');

  // Found again as it was left.
  await page.reload();
  await expect(page.getByRole('button', { name: /^Done/ })).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('link', { name: 'All tenants' }).click();
  await expect(page.getByRole('searchbox')).toHaveValue('harbour');
});

test('an operator has events delivered again, and sees followers and schedules', async ({ page }) => {
  await enterFleet(page, '/fleet/tenants/harbour');
  await page.getByText('Events', { exact: true }).click();
  await expect(page).toHaveURL(/part=events/);
  const events = page.getByRole('region', { name: 'Events' });
  await expect(events.getByRole('row').nth(1)).toBeVisible();
  await look(page, 'work-events');
  const rows = await events.getByRole('row').count();
  await events
    .getByRole('button', { name: /^From here on/ })
    .last()
    .click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('To', { exact: true })).toHaveValue('site.activity');
  const from = await dialog.getByLabel('From').inputValue();
  await dialog.getByLabel('Until').fill(from);
  await dialog.getByRole('button', { name: 'Deliver again' }).click();
  await expect(dialog.getByText('Enter a time after the first.')).toBeVisible();
  await dialog.getByLabel('Until').fill('2099-01-01T00:00:00');
  await look(page, 'work-replay');
  await dialog.getByRole('button', { name: 'Deliver again' }).click();
  await expect(page.getByText(`${rows - 1} events are delivered again.`)).toBeVisible();

  await page.getByText('Followers and schedules', { exact: true }).click();
  const followers = page.getByRole('region', { name: 'Followers' });
  await expect(followers.getByRole('row', { name: /site\.activity/ })).toBeVisible();
  await expect(
    page.getByRole('region', { name: 'Schedules' }).getByRole('row', { name: /kernel\.sweep/ }),
  ).toBeVisible();
  await look(page, 'work-plan');
  await page.reload();
  await expect(followers).toBeVisible();
});

test('a check of a site that is served is asked about; one that is suspended shows no work', async ({ page }) => {
  await enterFleet(page, '/fleet/tenants/garden');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(page.getByText('the site is put in quarantine and answers 503')).toBeVisible();
  await look(page, 'tenant-check');
  await page.getByRole('dialog').getByRole('button', { name: 'Check' }).click();
  await expect(page.getByText('Nothing is wrong with the data of Quiet Garden.')).toBeVisible();
  await page.getByRole('link', { name: 'All tenants' }).click();
  await page.getByRole('button', { name: 'Suspend: Quiet Garden' }).click();
  await page.getByLabel('Reason').fill('unpaid invoice');
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
  await expect(page.getByRole('button', { name: 'Resume: Quiet Garden' })).toBeVisible();
  await page.getByRole('link', { name: 'Quiet Garden' }).click();
  await expect(page.getByText('Its work stands still')).toBeVisible();
  await expect(page.getByText('Reason: unpaid invoice')).toBeVisible();
  await expect(page.getByText('Suspend site')).toBeVisible();
  await look(page, 'work-suspended');
});

test('a site is taken to Postgres and back, with its steps', async ({ page }) => {
  await enterFleet(page, '/fleet/tenants/harbour');
  const convert = page.getByRole('button', { name: 'Take to another database' });
  if (!POSTGRES) {
    await expect(page.getByText('Its worker has no Postgres database')).toBeVisible();
    await expect(convert).toBeDisabled();
    return;
  }
  const dialog = page.getByRole('dialog');
  await convert.click();
  await expect(dialog.getByText('answers 503. No other site is touched.')).toBeVisible();
  await look(page, 'tenant-convert');
  await dialog.getByRole('button', { name: 'Take 1 site there' }).click();
  await expect(page.getByText('postgres:main', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Copy every row')).toBeVisible();
  await expect(page.getByText('Remove the database it came from')).toBeVisible();
  await look(page, 'tenant-converted');
  await convert.click();
  await expect(dialog.getByLabel('Kept in')).toHaveValue('sqlite');
  await dialog.getByRole('button', { name: 'Take 1 site there' }).click();
  await expect(page.getByText('sqlite', { exact: true })).toBeVisible({ timeout: 30_000 });
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'zh-CN' });

  test('the page of a tenant fits', async ({ page }) => {
    await enterFleet(page, '/fleet/tenants/harbour');
    await expect(page.getByRole('region', { name: '任务', exact: true }).getByText('mail.send')).toBeVisible();
    await look(page, 'narrow-tenant-dark-zh');
    await page.getByText('mail.send').scrollIntoViewIfNeeded();
    await look(page, 'narrow-work-dark-zh');
    await page.getByText('事件', { exact: true }).click();
    await expect(page.getByText('post.published')).toBeVisible();
    await page.getByText('post.published').scrollIntoViewIfNeeded();
    await look(page, 'narrow-events-dark-zh');
    await page.getByText('订阅与定时', { exact: true }).click();
    await expect(page.getByText('kernel.sweep')).toBeVisible();
    await page.getByText('kernel.sweep').scrollIntoViewIfNeeded();
    await look(page, 'narrow-plan-dark-zh');
  });
});
