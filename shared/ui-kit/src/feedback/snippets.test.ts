/** What is copied does what it says, whatever characters are in it. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type ApiCall, written } from './snippets';

const LIST: ApiCall = {
  title: 'List',
  method: 'GET',
  url: 'https://a.example/api/v1/posts?filter[title][$icontains]=tea',
};
const WRITE: ApiCall = {
  title: 'Write',
  method: 'POST',
  url: 'https://a.example/api/v1/posts',
  token: 'TOKEN',
  newEachTime: 'Idempotency-Key',
  headers: { 'X-Note': `it's "so"` },
  body: { title: `Ada's "first"\n#1`, count: 0 },
};

/** What curl would be called with, according to a real shell. */
function curlArguments(command: string): string[] {
  const program = 'curl() { printf "%s\\0" "$@"; }; uuidgen() { echo one; }; TOKEN=secret;\n';
  return execFileSync('sh', ['-c', program + command], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

describe('curl', () => {
  it('reads without anything else', () => {
    expect(curlArguments(written(LIST, 'curl'))).toEqual(['-g', LIST.url]);
  });

  it('sends text with quotes as it is', () => {
    expect(curlArguments(written(WRITE, 'curl'))).toEqual(
      [
        ['-g', '-X', 'POST', WRITE.url],
        ['-H', 'Authorization: Bearer secret'],
        ['-H', `X-Note: it's "so"`],
        ['-H', 'Idempotency-Key: one'],
        ['-H', 'Content-Type: application/json'],
        ['-d', JSON.stringify(WRITE.body)],
      ].flat(),
    );
  });

  it('sends bodies that are false or null', () => {
    expect(curlArguments(written({ ...WRITE, body: false }, 'curl')).at(-1)).toBe('false');
    expect(curlArguments(written({ ...WRITE, body: null }, 'curl')).at(-1)).toBe('null');
  });
});

describe('JavaScript', () => {
  /** Runs what was written and returns what it gave to fetch. */
  async function fetched(call: ApiCall) {
    const seen: unknown[] = [];
    const fetch = async (...what: unknown[]) => {
      seen.push(...what);
      return { json: async () => ({ data: 1 }), text: async () => 'text' };
    };
    const run = new Function('fetch', 'process', 'crypto', `return (async () => {${written(call, 'js')}})()`);
    await run(fetch, { env: { TOKEN: 'secret' } }, { randomUUID: () => 'one' });
    return seen;
  }

  it('reads without anything else', async () => {
    expect(await fetched(LIST)).toEqual([LIST.url]);
    expect(written({ ...LIST, isText: true }, 'js')).toContain('answer.text()');
  });

  it('sends text with quotes as it is', async () => {
    const headers = {
      'Authorization': 'Bearer secret',
      'X-Note': `it's "so"`,
      'Idempotency-Key': 'one',
      'Content-Type': 'application/json',
    };
    expect(await fetched(WRITE)).toEqual([WRITE.url, { method: 'POST', headers, body: JSON.stringify(WRITE.body) }]);
  });
});

describe('Rust', () => {
  it('escapes as Rust does, and fences JSON', () => {
    const text = written({ ...WRITE, headers: { 'X-Note': 'a\t"b"\\' }, body: { title: 'a "# b' } }, 'rust');
    expect(text).toBe(
      [
        'let answer = reqwest::Client::new()',
        '    .post("https://a.example/api/v1/posts")',
        '    .bearer_auth(std::env::var("TOKEN")?)',
        '    .header("X-Note", "a\\u{9}\\"b\\"\\\\")',
        '    .header("Idempotency-Key", uuid::Uuid::new_v4().to_string())',
        '    .header("Content-Type", "application/json")',
        '    .body(r##"{"title":"a \\"# b"}"##)',
        '    .send()',
        '    .await?;',
        'let data = answer.json::<serde_json::Value>().await?["data"].take();',
      ].join('\n'),
    );
  });
});
