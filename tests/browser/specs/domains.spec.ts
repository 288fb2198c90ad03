import { expect, look, signUp, test } from '../support/world.ts';

const port = process.env.BROWSER_TEST_PORT;

test('a site is read on a domain of its owner; another one says what is missing', async ({ page }) => {
  const { slug } = await signUp(page);
  const domains = page.getByRole('region', { name: 'Domains' });
  const add = async (hostname: string) => {
    await domains.getByLabel('Domain').fill(hostname);
    await domains.getByRole('button', { name: 'Add domain' }).click();
  };
  for (const [hostname, problem] of [
    ['*.acme.test', 'without a star'],
    ['192.0.2.7', 'Addresses of machines'],
    ['co.uk', 'Nobody can own'],
    [`other.localhost`, 'belongs to the platform'],
    [`${'a'.repeat(250)}.test`, 'Enter a domain'],
    ['', 'Enter a domain'],
    ['p\u0430ypal.test', 'mixes letters'],
    ['pаypal.test', 'mixes letters'],
  ] as const) {
    await add(hostname);
    await expect(domains.getByText(problem)).toBeVisible();
  }
  await look(page, 'domains-problem');

  const hostname = `www.${slug}.test`;
  await add(hostname.toUpperCase());
  const card = domains.getByRole('listitem', { name: hostname });
  await expect(card.getByText('Active')).toBeVisible();
  await card.getByRole('button', { name: `Make main name: ${hostname}` }).click();
  await expect(card.getByText('Main name', { exact: true })).toBeVisible();
  await look(page, 'domains-active');
  // The site's own name leads there from now on.
  await page.goto(`http://${slug}.localhost:${port}/`);
  await expect(page).toHaveURL(`http://${hostname}:${port}/`);
  await expect(page.getByRole('heading', { name: 'Welcome' }).first()).toBeVisible();

  await page.goBack();
  await page.goto(`http://console.localhost:${port}/sites`);
  await page.getByRole('link', { name: 'Harbour Books' }).click();
  // A name that only its owner's DNS can prove.
  const other = `shop-${slug}.example-of-nobody.org`;
  await add(other);
  const waiting = domains.getByRole('listitem', { name: other });
  await expect(waiting.getByText('Not proved yet')).toBeVisible();
  await expect(waiting.getByText(`_freehold.${other}`)).toBeVisible();
  await expect(waiting.getByText('The domain is yours')).toBeVisible();
  await look(page, 'domains-waiting');
  await waiting.getByRole('button', { name: `Remove: ${other}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(waiting).toBeHidden();

  // One that is served goes behind its typed name.
  await card.getByRole('button', { name: `Remove: ${hostname}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Remove' })).toBeDisabled();
  await dialog.getByRole('textbox').fill(hostname);
  await look(page, 'domains-remove');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(card).toBeHidden();
  // A name below the site's own needs no name server but the browser.
  const below = `www.${slug}.localhost`;
  await add(below);
  await expect(domains.getByRole('listitem', { name: below }).getByText('Active')).toBeVisible();
  const visitor = await page.context().newPage();
  await visitor.goto(`http://${below}:${port}/posts/welcome`);
  await expect(visitor.getByRole('heading', { name: 'Welcome' }).first()).toBeVisible();
  await visitor.close();
  const gone = await page.goto(`http://${hostname}:${port}/`);
  expect(gone?.status()).toBe(404);
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'zh-CN' });

  test('domains fit, and one panel that fails leaves the others alone', async ({ page }) => {
    await page.goto(`http://console.localhost:${port}/sign-up`);
    const slug = `yu-${Date.now().toString(36)}`;
    await page.getByLabel('站点名称').fill('雨');
    await page.getByLabel('地址', { exact: true }).fill(slug);
    await page.getByLabel('邮箱').fill(`${slug}@example.org`);
    await page.getByLabel('密码', { exact: true }).fill('tidal-lamp-93');
    await page.locator('form button[type=submit]').click();
    const domains = page.getByRole('region', { name: '域名' });
    await domains.getByLabel('域名').fill(`${slug}.example-of-nobody.org`);
    await domains.getByRole('button', { name: '添加域名' }).click();
    await expect(domains.getByText('尚未验证')).toBeVisible();
    await look(page, 'narrow-domains-dark-zh');
    await page.route('**/v1/sites/*/domains*', (route) => route.abort());
    await page.reload();
    await expect(domains.getByRole('alert')).toBeVisible();
    await expect(page.getByRole('region', { name: '用量' }).getByText('请求')).toBeVisible();
    await look(page, 'narrow-domains-failed');
  });
});
