/** Both catalogues of the kit and of each app have the same keys, and code uses every one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as admin from '../../../../admin-ui/src/words/en';
import * as adminZh from '../../../../admin-ui/src/words/zh';
import * as console_ from '../../../../console-ui/src/words/en';
import * as consoleZh from '../../../../console-ui/src/words/zh';
import { en } from './en';
import { zh } from './zh';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

function sources(folder: string): string {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/words[\\/]|i18n[\\/](en|zh)\.ts|\.test\./.test(name))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
    .join('\n');
}

const base = (key: string) => key.replace(/_(one|other)$/, '');
const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();

const CASES: [string, Record<string, string>, Record<string, string>, string[]][] = [
  ['kit', en, zh, ['shared/ui-kit/src', 'console-ui/src', 'admin-ui/src']],
  ['console', console_.en, consoleZh.zh, ['console-ui/src']],
  ['admin', admin.en, adminZh.zh, ['admin-ui/src']],
];

describe.each(CASES)('words of the %s', (_name, english, chinese, folders) => {
  it('has the same keys in both languages', () => {
    const expected = Object.keys(english).filter((key) => !key.endsWith('_one'));
    expect(Object.keys(chinese).sort()).toEqual(expected.sort());
  });

  it('fills the same holes in both languages', () => {
    for (const [key, text] of Object.entries(chinese))
      expect([key, holes(text)]).toEqual([key, holes(english[key] ?? '')]);
  });

  it('uses every key', () => {
    const code = folders.map(sources).join('\n');
    const unused = Object.keys(english).filter(
      (key) => !code.includes(`'${base(key)}'`) && !code.includes(`"${base(key)}"`),
    );
    expect(unused).toEqual([]);
  });
});
