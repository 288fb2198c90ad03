/**
 * A platform of one test's own, which can be stopped, changed behind its back, and started again. While it
 * is there, the addresses of `world.ts` are its.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { announce, freePort, type Platform, startPlatform } from './platform.ts';
import { consoleUrl, expect, operatorToken, PASSWORD } from './world.ts';

interface Envelope {
  data: { site?: { id: string }; items?: { tenants_open: number }[] };
}

/** Calls the console's API as a program would: names below localhost are the browser's. */
export async function callConsole(method: string, path: string, body?: unknown, token?: string): Promise<Envelope> {
  const port = Number(process.env.BROWSER_TEST_PORT);
  const headers = {
    'Host': `console.localhost:${port}`,
    'Content-Type': 'application/json',
    ...(token && { Authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => {
        if ((answer.statusCode ?? 0) < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
      });
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export class OwnPlatform {
  private readonly data = mkdtempSync(join(tmpdir(), 'freehold-browser-own-'));
  private readonly before = { ...process.env };
  private platform: Platform | undefined;
  private port = 0;

  async start(settings: Record<string, string> = {}): Promise<void> {
    this.port ||= await freePort();
    this.platform = await startPlatform(this.data, this.port, settings);
    announce(this.port, this.data);
  }

  async stop(): Promise<void> {
    await this.platform?.stop();
    this.platform = undefined;
  }

  /** Ends it, and has tests find the platform of the whole run again. */
  async end(): Promise<void> {
    await this.stop();
    for (const name of ['BROWSER_TEST_PORT', 'BROWSER_TEST_DATA', 'BROWSER_TEST_OPERATOR']) {
      process.env[name] = this.before[name];
    }
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Makes an account with a site; returns the site's id. */
  async site(slug: string, name: string): Promise<string> {
    const body = { email: `${slug}@example.org`, password: PASSWORD, site: { slug, name } };
    const { data } = await callConsole('POST', '/v1/signup', body);
    return data.site?.id ?? '';
  }

  /** How many stores its worker has open. */
  async storesOpen(): Promise<number> {
    const { data } = await callConsole('GET', '/v1/fleet/workers', undefined, operatorToken());
    return data.items?.[0]?.tenants_open ?? 0;
  }

  /** Runs SQL on the store of a site, while nobody has it open, with the SQLite of Python. */
  sql(site: string, statement: string): string {
    const store = join(this.data, 'worker/tenants', site.slice(-2), site, 'site.db');
    const script =
      'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); r=c.execute(sys.argv[2]).fetchone(); c.commit(); print(r[0] if r else "")';
    return execFileSync('python3', ['-c', script, store, statement], { encoding: 'utf8' }).trim();
  }
}

/** Opens a page of the fleet as an operator. */
export async function enterFleet(page: Page, path: string): Promise<void> {
  await page.goto(consoleUrl(path));
  await page.locator('input[type=password]').fill(operatorToken());
  await page.locator('form button[type=submit]').click();
  await expect(page.locator('input[type=password]')).toBeHidden();
}
