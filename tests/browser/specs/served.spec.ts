import { expect, test } from '../support/world.ts';

const port = process.env.BROWSER_TEST_PORT;
/** Only browsers find names below `localhost` by themselves. */
const address = (path: string) => `http://127.0.0.1:${port}${path}`;
const host = `console.localhost:${port}`;

test('the page is never kept and lets nothing foreign run; its assets are kept for good, compressed', async ({
  request,
}) => {
  const page = await request.get(address('/sites/anything'), { headers: { host, accept: 'text/html' } });
  expect(page.status()).toBe(200);
  expect(page.headers()['cache-control']).toBe('no-store');
  const policy = page.headers()['content-security-policy'] ?? '';
  const html = await page.text();
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  expect(html).toContain(`nonce="${nonce}"`);
  expect(html).not.toContain('__CSP_NONCE__');
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  const again = await request.get(address('/'), { headers: { host, accept: 'text/html' } });
  expect(again.headers()['content-security-policy']).not.toBe(policy);

  const script = /src="(\/assets\/index-[^"]+\.js)"/.exec(html)?.[1] ?? '';
  for (const [accepted, encoding] of [
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', undefined],
  ] as const) {
    const asset = await request.get(address(script), { headers: { host, 'accept-encoding': accepted } });
    expect(asset.headers()['content-encoding']).toBe(encoding);
    expect(asset.headers()['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(asset.headers()['content-type']).toContain('text/javascript');
  }
  const first = await request.get(address(script), { headers: { host } });
  const tag = first.headers().etag ?? '';
  const known = await request.get(address(script), { headers: { host, 'if-none-match': tag } });
  expect(known.status()).toBe(304);
  const absent = await request.get(address('/assets/absent.js'), { headers: { host, accept: 'text/html' } });
  expect(absent.status()).toBe(404);
});
