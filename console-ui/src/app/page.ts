/**
 * Pages of the control API by what they hold. Its document names all of them `Page`, whose items
 * are operations, so the rows of the other lists are typed here.
 */
import type { PageOf } from '@freehold/ui-kit';
import type { Page } from '../api';

export function pageOf<Row>(page: Page): PageOf<Row> {
  return page as unknown as PageOf<Row>;
}

/** A worker of the fleet, as `GET /v1/fleet/workers` shows it. */
export interface Worker {
  id: string;
  name: string;
  region: string;
  state: 'ready' | 'cordoned' | 'unreachable';
  tenants_placed: number;
  tenants_assigned: number | null;
  tenants_open: number | null;
  disk_free_bytes: number | null;
  joined_at: string;
}
