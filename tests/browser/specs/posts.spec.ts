/** What becomes of posts: the trash, their history, and views of their list that somebody keeps. */
import { enterAdmin, overApi, visit } from '../support/site.ts';
import { adminUrl, expect, look, test } from '../support/world.ts';

test('what is thrown away lies in the trash, comes back or goes for good', async ({ page }) => {
  const slug = await enterAdmin(page);
  for (const title of ['Apples', 'Berries']) {
    const body = { title, content: 'x', status: 'published' };
    expect(await overApi(page, 'POST', '/api/v1/posts', body)).toBe(201);
    expect(await overApi(page, 'DELETE', `/api/v1/posts/${title.toLowerCase()}`)).toBe(200);
  }
  await page.getByRole('link', { name: 'Posts', exact: true }).click();
  await page.getByRole('link', { name: 'Trash' }).last().click();
  await expect(page.getByRole('row', { name: /Berries/ })).toBeVisible();
  await look(page, 'trash');
  await page.getByRole('checkbox', { name: 'Select Apples' }).click();
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByText('1 post is back.')).toBeVisible();
  await expect(page.getByRole('row', { name: /Apples/ })).toHaveCount(0);
  expect((await visit(slug, '/posts/apples')).status).toBe(200);
  await page.getByRole('checkbox', { name: 'Select Berries' }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByText('Nobody can bring them back.')).toBeVisible();
  await look(page, 'trash-delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
});

test('a post has a history and a way back', async ({ page }) => {
  const slug = await enterAdmin(page);
  const post = { title: 'Opening day', content: 'Doors open at nine.', status: 'published' };
  expect(await overApi(page, 'POST', '/api/v1/posts', post)).toBe(201);
  await page.goto(adminUrl(slug, '/posts/edit?post=opening-day'));
  await page.getByRole('button', { name: 'History' }).click();
  await expect(page.getByText('No history yet')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByLabel('Title').fill('Closing day');
  // What is unsaved is saved before anybody goes back.
  await page.getByRole('button', { name: 'History' }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('Opening day')).toBeVisible();
  await drawer.getByRole('button', { name: 'Compare' }).click();
  await expect(drawer.getByText('Closing day')).toBeVisible();
  await look(page, 'history');
  await drawer.getByRole('button', { name: 'Go back to this version' }).click();
  await expect(page.getByText('The post has the words of then again.')).toBeVisible();
  await expect(page.getByLabel('Title')).toHaveValue('Opening day');
  expect((await visit(slug, '/posts/opening-day')).text).toContain('Opening day');
  await page.getByRole('button', { name: 'History' }).click();
  await expect(drawer.getByText('Closing day').first()).toBeVisible();
});

test('a view is kept when somebody says so, found again, and forgotten', async ({ page }) => {
  const slug = await enterAdmin(page);
  expect(await overApi(page, 'POST', '/api/v1/posts', { title: 'Apples', content: 'x' })).toBe(201);
  await page.goto(adminUrl(slug, '/posts'));
  const views = page.getByRole('button', { name: 'Views' });
  await views.click();
  await expect(page.getByText('No saved views yet')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByLabel('Status').selectOption('draft');
  await page.getByRole('button', { name: 'Title' }).click();
  await views.click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Drafts by title');
  await dialog.getByLabel('Share it').check();
  await look(page, 'view-save');
  await dialog.getByRole('button', { name: 'Save view' }).click();
  await expect(page.getByText('The view Drafts by title is saved.')).toBeVisible();
  const open = page.getByRole('button', { name: 'Drafts by title' });
  await expect(open).toBeVisible();
  await page.goto(adminUrl(slug, '/posts'));
  await views.click();
  await look(page, 'views');
  await page.getByRole('menuitem', { name: /Drafts by title/ }).click();
  await expect(page).toHaveURL(/draft.*sort=title|sort=title.*draft/);
  await expect(page.getByLabel('Status')).toHaveValue('draft');
  await open.click();
  await page.getByRole('menuitem', { name: 'Forget Drafts by title' }).click();
  await expect(page.getByText('is forgotten.')).toBeVisible();
  await expect(views).toBeVisible();
});
