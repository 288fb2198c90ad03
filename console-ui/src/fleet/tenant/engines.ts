/** Which engines a tenant can be taken to, from where it is and what its worker has. */
import type { ConvertTenant } from '../../api';

const POSTGRES = 'postgres';

/** What stands in an engine's place on the wire: `sqlite`, `postgres`, or `postgres:` and a database. */
export function enginesFor(now: string, databases: readonly string[]): string[] {
  const named = databases.map((database) => `${POSTGRES}:${database}`);
  if (now === 'sqlite') return named.length > 0 ? [POSTGRES, ...named] : [];
  return ['sqlite', ...named.filter((engine) => engine !== now)];
}

export function conversionTo(engine: string): ConvertTenant {
  const [kind = '', database] = engine.split(':', 2);
  return database ? { engine: kind, database } : { engine: kind };
}
