/**
 * Regenerates both typed clients and fails when they differ from what is committed, so that the
 * interface cannot fall behind the API's description.
 */
import { execFileSync } from 'node:child_process';

const GENERATED = ['console-ui/src/api', 'admin-ui/src/api'];

execFileSync('npm', ['run', 'generate'], { stdio: 'inherit' });
const changed = execFileSync('git', ['status', '--porcelain', '--', ...GENERATED], { encoding: 'utf8' });
if (changed.trim()) {
  console.error(`The typed clients differ from openapi/. Commit what was generated:\n${changed}`);
  process.exit(1);
}
console.log('The typed clients match openapi/.');
