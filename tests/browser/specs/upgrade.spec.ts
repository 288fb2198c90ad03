/** Upgrades of the fleet, on a platform of their own: planned, started, halted, mended, resumed, done. */
import { enterFleet, OwnPlatform } from '../support/own.ts';
import { consoleUrl, expect, look, test } from '../support/world.ts';

// One platform, and what the first does to it the others see.
test.describe.configure({ mode: 'serial' });

const own = new OwnPlatform();
let garden = '';
let schema = 0;

test.beforeAll(async () => {
  // Without background jobs an upgrade stays where it is.
  await own.start({ 'control.jobs': 'false', 'worker.idle_close_seconds': '1' });
  await own.site('harbour', 'Harbour Books');
  await own.site('tea-room', 'Tea Room');
  garden = await own.site('garden', 'Quiet Garden');
  await expect.poll(() => own.storesOpen(), { timeout: 30_000 }).toBe(0);
  // It says that it is older than it is, so its newest migration finds its tables there already.
  schema = Number(own.sql(garden, 'PRAGMA user_version'));
  own.sql(garden, `PRAGMA user_version = ${schema - 1}`);
});

test.afterAll(() => own.end());

test('an upgrade is planned, halted and resumed by hand, halts at a store that fails, and comes to its end', async ({
  page,
}) => {
  test.setTimeout(180_000);
  await enterFleet(page, '/fleet/upgrade');
  await expect(page.getByText('None has been started yet')).toBeVisible();
  const plan = page.getByRole('region', { name: 'Plan' });
  await expect(plan.getByText(`Schema ${schema}: 2 stores`)).toBeVisible();
  await expect(plan.getByText(`Schema ${schema - 1}: 1 store`)).toBeVisible();
  await plan.getByText(new RegExp(`^Schema ${schema}: \\w+.*change`)).click();
  await look(page, 'upgrade-plan');

  await page.getByRole('button', { name: 'Start an upgrade' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('It goes through 3 sites; 1 to migrate.')).toBeVisible();
  await dialog.getByLabel('Percents of a wave').fill('101');
  await dialog.getByRole('button', { name: 'Upgrade 3 sites' }).click();
  await expect(dialog.getByText('Enter a whole number from 0 to 100.')).toBeVisible();
  await dialog.getByLabel('Percents of a wave').fill('5');
  await dialog.getByLabel('Stores of a wave').fill('0');
  await look(page, 'upgrade-start');
  await dialog.getByRole('button', { name: 'Upgrade 3 sites' }).click();

  const newest = page.getByRole('region', { name: 'Newest upgrade' });
  await expect(newest.getByText('Running', { exact: true })).toBeVisible();
  await expect(newest.getByText('0 of 3')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start an upgrade' })).toBeDisabled();
  await look(page, 'upgrade-running');
  await newest.getByRole('button', { name: 'Halt' }).click();
  await expect(newest.getByText('Halted', { exact: true })).toBeVisible();
  await expect(newest.getByText('Reason: an operator halted it')).toBeVisible();
  await look(page, 'upgrade-halted-by-hand');
  await newest.getByRole('button', { name: 'Resume' }).click();
  await expect(newest.getByText('Running', { exact: true })).toBeVisible();

  // The page says what it cannot reach, keeps what it knows, and goes on by itself.
  await own.stop();
  await expect(newest.getByText('The server cannot be reached')).toBeVisible();
  await expect(newest.getByText('0 of 3')).toBeVisible();
  await own.start();
  await expect(newest.getByText('Halted', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(newest.getByText('2 of 3')).toBeVisible();
  const failed = newest.getByRole('row', { name: 'Quiet Garden' });
  await expect(failed).toContainText(`migration ${schema} (`);
  await look(page, 'upgrade-halted');

  await failed.getByRole('link', { name: 'Quiet Garden' }).click();
  await expect(page.getByText('In quarantine: its store could not be migrated')).toBeVisible();
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Check' }).click();
  await expect(page.getByText('Nothing is wrong with the data of Quiet Garden.')).toBeVisible();
  await page.getByRole('button', { name: 'Release' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
  await expect(page.getByText('The site stays in quarantine', { exact: true })).toBeVisible();
  await look(page, 'tenant-quarantined');
  own.sql(garden, `PRAGMA user_version = ${schema}`);
  await page.getByRole('button', { name: 'Release' }).click();
  await look(page, 'tenant-release');
  await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
  await expect(page.getByText('Quiet Garden serves again.')).toBeVisible();
  await expect(page.getByText('In quarantine: its store could not be migrated')).toBeHidden();

  await page.getByRole('link', { name: 'Upgrades' }).click();
  await expect(newest.getByText('3 of 3')).toBeVisible();
  await newest.getByRole('button', { name: 'Resume' }).click();
  await expect(newest.getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(plan.getByText('Every store has the newest schema.')).toBeVisible();
  await look(page, 'upgrade-done');
});

test('whoever has no operator token sees neither page', async ({ page }) => {
  for (const path of ['/fleet/upgrade', '/fleet/tenants/garden']) {
    await page.goto(consoleUrl(path));
    await expect(page.getByRole('heading', { name: 'Operator' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Upgrades' })).toBeHidden();
    await expect(page.getByText('Quiet Garden')).toBeHidden();
  }
  // A token that is none is refused by the API, and the page says so.
  await page.evaluate(() => sessionStorage.setItem('freehold.operator', 'fho_not-a-token'));
  for (const path of ['/fleet/upgrade', '/fleet/tenants/garden']) {
    await page.goto(consoleUrl(path));
    await expect(page.getByText('You may not see this').first()).toBeVisible();
    await expect(page.getByText('Quiet Garden')).toBeHidden();
  }
  await look(page, 'tenant-denied');
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'zh-CN' });

  test('upgrades fit', async ({ page }) => {
    await enterFleet(page, '/fleet/upgrade');
    await expect(page.getByText('3 / 3')).toBeVisible();
    await expect(page.getByRole('region', { name: '计划' }).getByText('重新查看')).toBeVisible();
    await look(page, 'narrow-upgrade-dark-zh');
    await page.getByRole('button', { name: '开始升级…' }).click();
    await expect(page.getByRole('dialog').getByRole('button', { name: '升级 3 个站点' })).toBeVisible();
    await look(page, 'narrow-upgrade-start-dark-zh');
    // One panel that fails leaves the other alone.
    await page.route('**/v1/fleet/upgrade/plan', (route) => route.abort());
    await page.reload();
    const again = page.getByRole('region', { name: '计划' }).getByRole('button', { name: '重试' });
    await expect(again).toBeVisible();
    await expect(page.getByText('3 / 3')).toBeVisible();
    await look(page, 'narrow-upgrade-failed');
    await page.unroute('**/v1/fleet/upgrade/plan');
    await again.click();
    await expect(page.getByText('重新查看')).toBeVisible();
  });
});
