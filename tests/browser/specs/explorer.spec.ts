/** The API explorer: find a call, fill it in, send it as oneself, and take it along as code. */
import type { Page } from '@playwright/test';
import { enterAdmin } from '../support/site.ts';
import { adminUrl, expect, look, siteUrl, test } from '../support/world.ts';

const READ_POSTS = '/api?op=get_api_v1_posts';
const WRITE_POST = '/api?op=post_api_v1_posts';

const answer = (page: Page) => page.getByRole('region', { name: 'Answer', exact: true });
const answerBody = (page: Page) => page.getByRole('region', { name: 'Body of the answer' });
const code = (page: Page) => page.getByRole('region', { name: 'The same call from a program' });
const body = (page: Page) => page.getByRole('textbox', { name: 'Body (JSON)' });
const accessToken = (page: Page) =>
  page.evaluate(() => String(JSON.parse(sessionStorage.getItem('freehold.admin.session') ?? '{}').access));

test('an operation is found, called, and what it changes is on the other screens', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.getByRole('link', { name: 'API', exact: true }).click();
  const list = page.getByRole('navigation', { name: 'Operations' });
  await expect(list.getByRole('link').first()).toBeVisible();
  await expect(page.getByText('Choose an operation')).toBeVisible();
  await look(page, 'api');

  await page.getByRole('searchbox').fill('nothing like it');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('searchbox').fill('post write');
  await expect(page).toHaveURL(/q=post/);
  await expect(list.getByRole('link')).toHaveCount(1);
  await list.getByRole('link', { name: 'Write a post' }).click();
  await expect(page.getByRole('heading', { name: 'Write a post' })).toBeFocused();
  await expect(page).toHaveURL(/op=post_api_v1_posts/);
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue('post write');
  await expect(page.getByText('posts.create')).toBeVisible();
  await expect(body(page)).toHaveValue(/^\{\n {2}"content": "",\n {2}"title": ""/);
  await page.getByText('Fields of the body').click();
  await expect(page.getByText('1 to 200 characters.')).toBeVisible();
  await look(page, 'api-write');

  await body(page).fill('{"title": "Made by a call", "content": "Hello."}');
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await page.getByRole('button', { name: 'Send POST' }).click();
  await expect(answer(page).getByText(/^201/)).toBeVisible();
  expect((await sent).headers()['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  await expect(answerBody(page)).toContainText('"slug": "made-by-a-call"');
  await answer(page)
    .getByText(/^\d+ headers$/)
    .click();
  await expect(answer(page).getByText('content-type: application/json')).toBeVisible();
  await expect(answer(page).getByRole('button', { name: 'Copy: Request' })).toBeVisible();
  await look(page, 'api-written');
  await page.getByRole('link', { name: 'Posts', exact: true }).click();
  await expect(page.getByRole('link', { name: 'Made by a call' })).toBeVisible();

  await page.goto(adminUrl(slug, READ_POSTS));
  await page.getByLabel('fields', { exact: true }).fill('title,slug');
  await page.getByRole('button', { name: /^Show \d+ more$/ }).click();
  await page.getByLabel('status', { exact: true }).selectOption('draft');
  await page.getByLabel('filter', { exact: true }).fill('{"title": {"$icontains": "by a"}}');
  await page.getByRole('button', { name: 'Send GET' }).click();
  await expect(answer(page).getByText(/^200/)).toBeVisible();
  await expect(answer(page).getByText(/^\d+ ms$/)).toBeVisible();
  await expect(answerBody(page)).toContainText('"title": "Made by a call"');
  await expect(answerBody(page)).not.toContainText('"content"');
  await expect(code(page)).toContainText('status=draft&filter[title][$icontains]=by%20a');
  await look(page, 'api-read');
});

test('what is wrong is said before it is sent, and what is refused as the API says it', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.goto(adminUrl(slug, WRITE_POST));
  const calls: string[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET') calls.push(request.url());
  });
  await body(page).fill('{\n  "title": "A",\n  content: "B"\n}');
  await page.getByRole('button', { name: 'Send POST' }).click();
  await expect(page.getByText('This is no JSON: line 3, column 3 has "c"')).toBeVisible();
  await expect(body(page)).toBeFocused();
  await expect(code(page).getByText('once the fields above are right')).toBeVisible();
  await look(page, 'api-wrong-json');
  await body(page).fill('{"title": "A"');
  await page.getByRole('button', { name: 'Send POST' }).click();
  await expect(page.getByText('it ends too early, at line 1, column 14')).toBeVisible();
  expect(calls).toEqual([]);

  await body(page).fill('{"title": "", "content": "B"}');
  await page.getByRole('button', { name: 'Send POST' }).click();
  await expect(answer(page).getByText(/^4(00|22)/)).toBeVisible();
  await expect(answerBody(page)).toContainText('"path": "title"');
  await look(page, 'api-refused');

  await page.goto(adminUrl(slug, '/api?op=get_api_v1_posts_slug'));
  await page.getByRole('button', { name: 'Send GET' }).click();
  await expect(page.getByText('Fill this in.')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'slug', exact: true })).toBeFocused();
  await page.getByRole('textbox', { name: 'slug', exact: true }).fill('not there');
  await page.keyboard.press('Enter');
  await expect(answer(page).getByText(/^404/)).toBeVisible();
  await expect(answerBody(page)).toContainText('"request_id"');

  await page.route('**/api/v1/posts/**', (route) => route.abort());
  await page.getByRole('button', { name: 'Send GET' }).click();
  await expect(answer(page).getByText('The server cannot be reached.')).toBeVisible();
  await look(page, 'api-offline');
  await page.unroute('**/api/v1/posts/**');
  await answer(page).getByRole('button', { name: 'Try again' }).click();
  await expect(answer(page).getByText(/^404/)).toBeVisible();

  await page.route('**/api/v1/posts/**', (route) =>
    route.fulfill({ json: { data: Array.from({ length: 300 }, () => 'x'.repeat(1024)) } }),
  );
  await page.getByRole('button', { name: 'Send GET' }).click();
  await expect(answer(page).getByText('Only its first 256 KiB are shown.')).toBeVisible();
  const shown = await answerBody(page).locator('pre').textContent();
  expect(shown?.length).toBe(256 * 1024);

  await page.goto(adminUrl(slug, '/api?op=gone'));
  await expect(page.getByText('There is no such operation')).toBeVisible();
  await page.route('**/openapi.json', (route) => route.abort());
  await page.reload();
  await expect(page.getByText('The server cannot be reached.')).toBeVisible();
});

test('the call is copied with the name of a token, never with one', async ({ page, context }) => {
  const slug = await enterAdmin(page);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(adminUrl(slug, '/api?op=put_api_v1_posts_slug'));
  await page.getByRole('textbox', { name: 'slug', exact: true }).fill("ada's");
  await body(page).fill(`{"title": "Ada's"}`);
  const copy = page.getByRole('button', { name: 'Copy: PUT /api/v1/posts/{slug}' });
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const token = await accessToken(page);
  expect(token.length).toBeGreaterThan(40);
  await copy.click();
  const curl = await clipboard();
  expect(curl).toContain(`curl -g -X PUT '${siteUrl(slug, "/api/v1/posts/ada'\\''s")}'`);
  expect(curl).toContain('-H "Authorization: Bearer $TOKEN"');
  expect(curl).toContain(`-d '{"title":"Ada'\\''s"}'`);
  await code(page).getByText('JavaScript').click();
  await copy.click();
  const js = await clipboard();
  expect(js).toContain(`method: 'PUT'`);
  await code(page).getByText('Rust').click();
  await copy.click();
  const rust = await clipboard();
  expect(rust).toContain('.bearer_auth(std::env::var("TOKEN")?)');
  for (const text of [curl, js, rust, (await page.locator('main').textContent()) ?? '']) {
    expect(text).not.toContain(token);
  }
  await look(page, 'api-code');
});

test('everything is done by keyboard', async ({ page }) => {
  await enterAdmin(page);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page.getByRole('heading', { name: 'API', exact: true })).toBeVisible();
  await page.getByRole('searchbox').focus();
  await page.keyboard.type('signed up options public');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('options/public');
  const only = page.getByRole('navigation', { name: 'Operations' }).getByRole('link');
  await expect(only).toHaveCount(1);
  await only.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 2, name: /./ }).last()).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Send GET' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(answerBody(page)).toContainText('"site_title": "Harbour Books"');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('API');
  await expect(page.getByRole('dialog').getByText('API', { exact: true })).toBeVisible();
});

test('a change that may have been made is tried again as the same one', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.goto(adminUrl(slug, WRITE_POST));
  await body(page).fill('{"title": "Once", "content": "Typed."}');
  const keys: string[] = [];
  page.on('request', (request) => {
    const key = request.headers()['idempotency-key'];
    if (key) keys.push(key);
  });
  await page.route('**/api/v1/posts', (route) => route.abort());
  await page.keyboard.press('Control+Enter');
  await expect(answer(page).getByText('The server cannot be reached.')).toBeVisible();
  await page.unroute('**/api/v1/posts');
  await answer(page).getByRole('button', { name: 'Try again' }).click();
  await expect(answerBody(page)).toContainText('"slug": "once"');
  await page.getByRole('button', { name: 'Send POST' }).click();
  await expect(answerBody(page)).toContainText('"slug": "once-2"');
  expect(keys).toHaveLength(3);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a preview of the admin as somebody else is one here too', async ({ page }) => {
  const slug = await enterAdmin(page);
  await page.evaluate(() => sessionStorage.setItem('freehold.admin.view_as', 'author'));
  await page.goto(adminUrl(slug, '/api?op=get_api_v1_users_me'));
  const button = page.getByRole('button', { name: 'Send GET' });
  await expect(button).toBeVisible();
  const sent = page.waitForRequest('**/api/v1/users/me');
  await button.click();
  expect((await sent).headers()['x-view-as']).toBe('author');
  await expect(answer(page).getByText(/^200/)).toBeVisible();
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });

  test('the explorer fits', async ({ page }) => {
    const slug = await enterAdmin(page);
    await page.evaluate(() => localStorage.setItem('freehold.locale', 'zh'));
    await page.goto(adminUrl(slug, '/api'));
    const list = page.getByRole('navigation', { name: '操作', exact: true });
    await expect(list.getByRole('link').first()).toBeVisible();
    await look(page, 'narrow-api-dark-zh');
    await list.getByRole('link', { name: 'Write a post' }).click();
    await expect(page.getByRole('heading', { name: 'Write a post' })).toBeInViewport();
    await body(page).or(page.getByLabel('正文（JSON）')).fill('{"title": "窄", "content": "短。"}');
    await page.getByRole('button', { name: '发送 POST' }).click();
    await expect(page.getByText(/^201/)).toBeVisible();
    await look(page, 'narrow-api-answer-dark-zh');
    await page.goto(adminUrl(slug, READ_POSTS));
    await page.getByRole('button', { name: /^再显示/ }).click();
    await look(page, 'narrow-api-read-dark-zh');
    await page.goto(adminUrl(slug, '/api?op=delete_api_v1_posts_slug'));
    await page.getByRole('button', { name: '发送 DELETE' }).click();
    await expect(page.getByText('请填写此项。')).toBeVisible();
    await look(page, 'narrow-api-delete-dark-zh');
  });
});
