/**
 * Fails when a built app is heavier than its budget: what the page loads before anything lazy, and
 * each lazy chunk. Counts scripts and stylesheets, compressed with gzip; fonts are listed apart.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FIRST_LOAD_KB_MAX = 360;
const LAZY_CHUNK_KB_MAX = 170;

const kilobytes = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000;

/** The scripts that a script imports at once, as rolldown writes them. */
function importsOf(source) {
  const found = source.matchAll(/(?:^|[;}\s])(?:import|export)(?:[^'"()]*?from)?\s*["']\.\/([^"']+\.js)["']/g);
  return [...found].map((match) => match[1]);
}

/** Everything reachable from the page without a dynamic import. */
function firstLoad(folder) {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const waiting = [...page.matchAll(/(?:src|href)="\/assets\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  const seen = new Set();
  for (let name = waiting.pop(); name; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (name.endsWith('.js')) waiting.push(...importsOf(readFileSync(join(folder, 'assets', name), 'utf8')));
  }
  return seen;
}

let failed = false;
for (const folder of process.argv.slice(2)) {
  const first = firstLoad(folder);
  const total = [...first].reduce((sum, name) => sum + kilobytes(join(folder, 'assets', name)), 0);
  console.log(`${folder}: first load ${total.toFixed(1)} of ${FIRST_LOAD_KB_MAX} kB gzip in ${first.size} files`);
  if (total > FIRST_LOAD_KB_MAX) failed = true;
  for (const name of readdirSync(join(folder, 'assets'))) {
    if (first.has(name) || !/\.(js|css)$/.test(name)) continue;
    const size = kilobytes(join(folder, 'assets', name));
    if (size > LAZY_CHUNK_KB_MAX) {
      console.log(`${folder}: ${name} is ${size.toFixed(1)} kB gzip, more than ${LAZY_CHUNK_KB_MAX}`);
      failed = true;
    } else if (size > 20) console.log(`  lazy ${name} ${size.toFixed(1)} kB`);
  }
}
process.exit(failed ? 1 : 0);
