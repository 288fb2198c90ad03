/** Starts a platform of its own in an empty folder for the whole run, and stops it afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS_MAX = 60_000;

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function untilUp(platform: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`the platform did not start:\n${said}`)), START_MS_MAX);
    const listen = (part: Buffer) => {
      said += part.toString();
      if (!said.includes('Freehold is up')) return;
      clearTimeout(timer);
      resolve();
    };
    platform.stdout?.on('data', listen);
    platform.stderr?.on('data', listen);
    platform.on('exit', (code) => reject(new Error(`the platform ended with ${code}:\n${said}`)));
  });
}

export interface Platform {
  port: number;
  /** Stops it; its data stays. */
  stop: () => Promise<void>;
}

/** Starts a platform on a folder, on a port, with settings beside those of every test. */
export async function startPlatform(data: string, port: number, more: Record<string, string> = {}): Promise<Platform> {
  const binary = process.env.BROWSER_TEST_BIN;
  if (!binary) throw new Error('BROWSER_TEST_BIN must name the freehold binary');
  const settings = {
    'edge.listen': `127.0.0.1:${port}`,
    'hosts.port': String(port),
    'metrics.listen': `127.0.0.1:${await freePort()}`,
    'limits.enabled': 'false',
    ...more,
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const platform = spawn(binary, ['up', '--data', data, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  await untilUp(platform);
  const stop = async () => {
    platform.removeAllListeners('exit');
    const ended = new Promise((resolve) => platform.on('exit', resolve));
    platform.kill('SIGTERM');
    await ended;
  };
  return { port, stop };
}

/** Has tests find a platform by its port and folder. */
export function announce(port: number, data: string): void {
  process.env.BROWSER_TEST_PORT = String(port);
  process.env.BROWSER_TEST_DATA = data;
  process.env.BROWSER_TEST_OPERATOR = readFileSync(join(data, 'secrets/operator-token'), 'utf8').trim();
}

export default async function start(): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'freehold-browser-'));
  const { port, stop } = await startPlatform(data, await freePort());
  announce(port, data);
  return async () => {
    await stop();
    rmSync(data, { recursive: true, force: true });
  };
}
