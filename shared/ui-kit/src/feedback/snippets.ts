/**
 * One call of an API as a program writes it: curl, JavaScript, Rust. A token is always the name of a
 * variable, so that what is copied can be shown to anybody.
 */

export interface ApiCall {
  title: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  /** The name of the variable that holds the caller's token, if one is needed. */
  token?: string;
  headers?: Readonly<Record<string, string>>;
  /** A header that wants a new value each time, such as `Idempotency-Key`. */
  newEachTime?: string;
  body?: unknown;
  /** The answer is no JSON. */
  isText?: boolean;
}

export type Language = 'curl' | 'js' | 'rust';

const shellQuoted = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

function asCurl({ method, url, token, headers, newEachTime, body }: ApiCall): string {
  // Without -g curl reads brackets as a range of addresses.
  const parts = [`curl -g${method === 'GET' ? '' : ` -X ${method}`} ${shellQuoted(url)}`];
  if (token) parts.push(`-H "Authorization: Bearer $${token}"`);
  for (const [name, value] of Object.entries(headers ?? {})) parts.push(`-H ${shellQuoted(`${name}: ${value}`)}`);
  if (newEachTime) parts.push(`-H "${newEachTime}: $(uuidgen)"`);
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `-d ${shellQuoted(JSON.stringify(body))}`);
  }
  return parts.join(' \\\n  ');
}

const jsQuoted = (text: string) => `'${JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
const jsName = (name: string) => (/^[a-z_$][\w$]*$/i.test(name) ? name : jsQuoted(name));

function asJavaScript({ method, url, token, headers, newEachTime, body, isText }: ApiCall): string {
  const sent = [
    ...(token ? [`Authorization: \`Bearer \${process.env.${token}}\``] : []),
    ...Object.entries(headers ?? {}).map(([name, value]) => `${jsName(name)}: ${jsQuoted(value)}`),
    ...(newEachTime ? [`${jsName(newEachTime)}: crypto.randomUUID()`] : []),
    ...(body === undefined ? [] : ["'Content-Type': 'application/json'"]),
  ];
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}'`]),
    ...(sent.length > 0 ? [`headers: { ${sent.join(', ')} }`] : []),
    ...(body === undefined ? [] : [`body: JSON.stringify(${JSON.stringify(body)})`]),
  ];
  const second = options.length > 0 ? `, {\n  ${options.join(',\n  ')},\n}` : '';
  const read = isText ? 'const text = await answer.text();' : 'const { data } = await answer.json();';
  return `const answer = await fetch(${jsQuoted(url)}${second});\n${read}`;
}

function rustQuoted(text: string): string {
  const inner = text
    .replace(/[\\"]/g, '\\$&')
    .replace(/\p{Cc}/gu, (control) => `\\u{${control.codePointAt(0)?.toString(16)}}`);
  return `"${inner}"`;
}

/** JSON as it is: escapes of JSON are not Rust's, so the literal has none. */
function rustRaw(text: string): string {
  const longest = Math.max(0, ...(text.match(/"#*/g) ?? []).map((found) => found.length));
  const fence = '#'.repeat(longest);
  return `r${fence}"${text}"${fence}`;
}

function asRust({ method, url, token, headers, newEachTime, body, isText }: ApiCall): string {
  const steps = [
    `.${method.toLowerCase()}(${rustQuoted(url)})`,
    ...(token ? [`.bearer_auth(std::env::var("${token}")?)`] : []),
    ...Object.entries(headers ?? {}).map(([name, value]) => `.header(${rustQuoted(name)}, ${rustQuoted(value)})`),
    ...(newEachTime ? [`.header(${rustQuoted(newEachTime)}, uuid::Uuid::new_v4().to_string())`] : []),
    ...(body === undefined
      ? []
      : ['.header("Content-Type", "application/json")', `.body(${rustRaw(JSON.stringify(body))})`]),
    '.send()',
    '.await?',
  ];
  const read = isText
    ? 'let text = answer.text().await?;'
    : 'let data = answer.json::<serde_json::Value>().await?["data"].take();';
  return `let answer = reqwest::Client::new()\n    ${steps.join('\n    ')};\n${read}`;
}

const WRITERS = { curl: asCurl, js: asJavaScript, rust: asRust } as const satisfies Record<
  Language,
  (call: ApiCall) => string
>;

export const written = (call: ApiCall, language: Language): string => WRITERS[language](call);
