/** The admin of a site: from the console's ticket to a post that everybody reads. */
import type { Page } from '@playwright/test';
import { enterAdmin, overApi } from '../support/site.ts';
import { adminUrl, expect, look, siteUrl, test } from '../support/world.ts';

const text = (page: Page) => page.getByRole('textbox', { name: 'Text', exact: true });

test('from sign-up to a post that is read on the site', async ({ page }) => {
  const slug = await enterAdmin(page);
  await expect(page.getByText('Published posts').first()).toBeVisible();
  await look(page, 'admin-dashboard');
  await page.getByRole('link', { name: 'New post' }).first().click();
  await expect(page.getByText('Not saved yet.')).toBeVisible();
  await page.getByLabel('Title').fill('Opening day');
  await text(page).click();
  await page.keyboard.type('Doors open at **nine**.');
  await page.keyboard.press('Control+s');
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  await expect(page).toHaveURL(/post=opening-day/);
  await page.keyboard.type(' Come early.');
  await expect(page.getByText('Unsaved changes; saving soon')).toBeVisible();
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  await look(page, 'admin-editor');
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.locator('iframe')).toHaveAttribute('srcdoc', /Come early\./);
  await look(page, 'admin-preview');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Published. Everybody can read it.')).toBeVisible();
  await look(page, 'admin-published');
  await page.goto(siteUrl(slug, '/posts/opening-day'));
  await expect(page.getByText('Doors open at')).toBeVisible();
  await expect(page.locator('strong', { hasText: 'nine' })).toBeVisible();
});

test('the list of posts: search, filter, order, and actions in bulk that can be undone', async ({ page }) => {
  await enterAdmin(page);
  for (const title of ['Apples', 'Berries', 'Cherries']) {
    expect(await overApi(page, 'POST', '/api/v1/posts', { title, content: `About ${title}.` })).toBe(201);
  }
  await page.getByRole('link', { name: 'Posts', exact: true }).click();
  await expect(page.getByRole('link', { name: 'Cherries' })).toBeVisible();
  await look(page, 'admin-posts');
  await page.getByLabel('Status').selectOption('draft');
  await expect(page).toHaveURL(/filter=/);
  await page.getByRole('searchbox').fill('berr');
  await expect(page.getByRole('link', { name: 'Apples' })).toBeHidden();
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue('berr');
  await expect(page.getByLabel('Status')).toHaveValue('draft');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page.getByRole('link', { name: 'Apples' })).toBeVisible();

  await page.getByRole('button', { name: 'Title' }).click();
  await expect(page.locator('tbody tr').first()).toContainText('Apples');
  await page.locator('tbody tr').first().focus();
  await page.keyboard.press('Shift+Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Space');
  await expect(page.getByText('2 selected')).toBeVisible();
  await look(page, 'admin-posts-selected');
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('2 posts are published.')).toBeVisible();
  await expect(page.getByRole('row', { name: /Apples.*Published/ })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('row', { name: /Apples.*Draft/ })).toBeVisible();

  await page.getByRole('checkbox', { name: 'Select Cherries' }).click();
  await page.getByRole('button', { name: 'Move to trash' }).click();
  await expect(page.getByText('1 post is in the trash.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Cherries' })).toBeHidden();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('link', { name: 'Cherries' })).toBeVisible();

  await page.goto(page.url().replace(/\/posts.*/, '/posts?filter=%7B%22gone%22%3A%22x%22%7D'));
  await expect(page.getByText('Nothing matches')).toBeVisible();
});

test('a change by somebody else is not overwritten', async ({ page }) => {
  await enterAdmin(page);
  await overApi(page, 'POST', '/api/v1/posts', { title: 'Shared', content: 'First.' });
  await page.getByRole('link', { name: 'Posts', exact: true }).click();
  await page.getByRole('link', { name: 'Shared' }).click();
  await expect(text(page)).toContainText('First.');
  expect(await overApi(page, 'PUT', '/api/v1/posts/shared', { content: 'Theirs.' })).toBe(200);
  await page.getByLabel('Title').fill('Shared by me');
  await expect(page.getByText('Somebody else changed this post meanwhile')).toBeVisible();
  await look(page, 'admin-conflict');
  await page.getByRole('button', { name: 'Take theirs' }).click();
  await expect(text(page)).toContainText('Theirs.');
  await expect(page.getByLabel('Title')).toHaveValue('Shared');
});

test('what was typed survives a server that is away, and leaving asks first', async ({ page }) => {
  await enterAdmin(page);
  await overApi(page, 'POST', '/api/v1/posts', { title: 'Fragile', content: 'Old.' });
  await page.goto(`${new URL(page.url()).origin}/posts/edit?post=fragile`);
  await page.route('**/api/v1/posts/fragile', (route) =>
    route.request().method() === 'PUT' ? route.abort() : route.continue(),
  );
  await page.getByLabel('Title').fill('Fragile, changed');
  await expect(page.getByText('Your text is kept on this device; saving is tried again.')).toBeVisible();
  await look(page, 'admin-offline');
  await page.getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByRole('dialog', { name: 'Leave without saving?' })).toBeVisible();
  await look(page, 'admin-leave');
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await page.unroute('**/api/v1/posts/fragile');
  await page.goBack();
  await expect(page.getByText('Unsaved text from before')).toBeVisible();
  await look(page, 'admin-backup');
  await page.getByRole('button', { name: 'Put it into the editor' }).click();
  await expect(page.getByLabel('Title')).toHaveValue('Fragile, changed');
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
});

test('text that the visual editor cannot hold is edited as Markdown and kept', async ({ page }) => {
  await enterAdmin(page);
  const content = '| a | b |\n|---|---|\n| 1 | 2 |\n';
  await overApi(page, 'POST', '/api/v1/posts', { title: 'Table', content });
  await page.goto(`${new URL(page.url()).origin}/posts/edit?post=table`);
  await expect(page.getByText('parts that the visual editor cannot hold')).toBeVisible();
  await expect(text(page)).toHaveValue(content);
  await look(page, 'admin-markdown');
});

test('a session is refreshed, ends everywhere, and a used ticket says what to do', async ({ page }) => {
  const slug = await enterAdmin(page);
  // Nothing is asked for any more: a refresh that the next load cuts off would use the token up.
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => {
    const kept = JSON.parse(sessionStorage.getItem('freehold.admin.session') ?? '{}');
    sessionStorage.setItem('freehold.admin.session', JSON.stringify({ ...kept, endsAt: 0 }));
  });
  const refreshed = page.waitForResponse(/auth\/refresh/);
  await page.reload();
  expect((await refreshed).status()).toBe(200);
  await expect(page.getByText('Published posts').first()).toBeVisible();
  await page.getByRole('link', { name: 'You' }).click();
  await expect(page.getByText('Owner: holds the site')).toBeVisible();
  await look(page, 'admin-me');
  await page.getByRole('button', { name: 'You' }).click();
  await look(page, 'admin-menu');
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await look(page, 'admin-sign-in');
  await page.getByLabel('E-mail').fill('nobody@example.org');
  await page.getByLabel('Password', { exact: true }).fill('wrong-password-1');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('is not right')).toBeVisible();
  await page.goto(adminUrl(slug, '/enter#ticket=used'));
  await expect(page.getByText('A ticket works once and for a minute.')).toBeVisible();
  await look(page, 'admin-enter-failed');
});

test.describe('at 390 px, dark and in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'zh-CN' });

  test('the admin fits', async ({ page }) => {
    const { adminLink } = await chineseSite(page);
    await page.goto(adminLink);
    await expect(page.getByRole('heading', { name: '概览' })).toBeVisible();
    await look(page, 'narrow-admin-dashboard-dark-zh');
    await overApi(page, 'POST', '/api/v1/posts', { title: '第一篇文章', content: '你好，**世界**。' });
    await page.goto(`${new URL(page.url()).origin}/posts`);
    await expect(page.getByRole('link', { name: '第一篇文章' })).toBeVisible();
    await look(page, 'narrow-admin-posts-dark-zh');
    await page.getByRole('link', { name: '第一篇文章' }).click();
    await expect(page.getByRole('textbox', { name: '正文' })).toBeVisible();
    await look(page, 'narrow-admin-editor-dark-zh');
  });
});

/** Signs up over the API, since the form is Chinese here, and asks for a way in. */
async function chineseSite(page: Page): Promise<{ adminLink: string }> {
  const { consoleUrl, fresh, PASSWORD } = await import('../support/world.ts');
  await page.goto(consoleUrl('/sign-up'));
  const slug = fresh('zh');
  const adminLink = await page.evaluate(
    async ([label, password]) => {
      const post = async (path: string, body: unknown) => {
        const headers = { 'Content-Type': 'application/json' };
        const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
        return (await answer.json()).data;
      };
      const site = { name: '港口书店', slug: label };
      const made = await post('/v1/signup', { email: `${label}@example.org`, password, site });
      return (await post(`/v1/sites/${made.site.id}/sign-in`, {})).url as string;
    },
    [slug, PASSWORD],
  );
  return { adminLink };
}
