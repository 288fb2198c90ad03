/** The part of an address that every resource's list understands: search, page, order, filters. */
import { listSearch } from '@freehold/ui-kit';
import * as z from 'zod';

export const resourceSearch = listSearch.extend({
  filter: z.record(z.string(), z.string()).optional().catch(undefined),
});

export type ResourceSearch = z.infer<typeof resourceSearch>;
