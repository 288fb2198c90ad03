/**
 * A front for tests where the binary does not carry the interface itself: serves the apps' dist
 * folders on the console's and admins' hosts as the platform will, strict policy included, and
 * passes everything else on.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

function distOf(host: string): string | undefined {
  if (host.startsWith('console.')) return join(ROOT, 'console-ui/dist');
  if (/^[^.]+\.admin\./.test(host)) return join(ROOT, 'admin-ui/dist');
  return undefined;
}

const isApi = (path: string) => /^\/(v1|api|openapi\.json)(\/|$)/.test(path);

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function serveApp(dist: string, path: string, answer: ServerResponse): void {
  if (path.startsWith('/assets/')) {
    const file = join(dist, path);
    if (!existsSync(file)) {
      answer.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    answer.writeHead(200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' });
    answer.end(readFileSync(file));
    return;
  }
  const nonce = randomBytes(16).toString('base64');
  const page = readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce);
  answer.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy(nonce),
  });
  answer.end(page);
}

function passOn(port: number, incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers }, (from) => {
    answer.writeHead(from.statusCode ?? 502, from.headers);
    from.pipe(answer);
  });
  outgoing.on('error', () => answer.writeHead(502).end());
  answer.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

export function startFront(port: number, platformPort: number): Promise<Server> {
  const server = createServer((incoming, answer) => {
    const path = (incoming.url ?? '/').split('?')[0] ?? '/';
    const dist = distOf(incoming.headers.host ?? '');
    if (dist && !isApi(path)) serveApp(dist, path, answer);
    else passOn(platformPort, incoming, answer);
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}
