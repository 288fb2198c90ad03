/** What tests of a site's admin share: the way in, and calls as another tab or program makes them. */
import { request } from 'node:http';
import type { Page } from '@playwright/test';
import { adminUrl, expect, signUp } from './world.ts';

/** Signs up and enters the new site's admin from the console. Returns the site's slug. */
export async function enterAdmin(page: Page): Promise<string> {
  const { slug } = await signUp(page);
  await page.getByRole('button', { name: 'Open admin' }).click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  expect(page.url()).toBe(adminUrl(slug));
  return slug;
}

/** Calls the site's API with the page's own session. */
export async function overApi(page: Page, method: string, path: string, body?: unknown): Promise<number> {
  return page.evaluate(
    async ([how, where, what]) => {
      const kept = JSON.parse(sessionStorage.getItem('freehold.admin.session') ?? '{}');
      const headers = { 'Authorization': `Bearer ${kept.access}`, 'Content-Type': 'application/json' };
      const answer = await fetch(where ?? '', { method: how ?? 'GET', headers, body: what || undefined });
      return answer.status;
    },
    [method, path, body ? JSON.stringify(body) : ''],
  );
}

interface Visit {
  method?: string;
  token?: string;
  body?: unknown;
}

/** Calls a site as a program would, on the platform's own port: names below localhost are the browser's. */
export async function visit(slug: string, path: string, { method = 'GET', token, body }: Visit = {}) {
  const port = Number(process.env.BROWSER_TEST_PORT);
  const headers = {
    'Host': `${slug}.localhost:${port}`,
    'Content-Type': 'application/json',
    ...(token && { Authorization: `Bearer ${token}` }),
  };
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
