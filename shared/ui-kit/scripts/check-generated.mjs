/**
 * Regenerates both typed clients and fails when that changed a file, so that the interface cannot
 * fall behind the API's description.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const GENERATED = ['console-ui/src/api', 'admin-ui/src/api'];

const texts = () =>
  GENERATED.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  ).map((file) => [file, readFileSync(file, 'utf8')]);

const before = new Map(texts());
execFileSync('npm', ['run', '--silent', 'generate'], { stdio: 'inherit' });
const after = new Map(texts());
const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
  (file) => before.get(file) !== after.get(file),
);
if (changed.length > 0) {
  console.error(`The typed clients were not those of openapi/. They are now; commit them:\n${changed.join('\n')}`);
  process.exit(1);
}
