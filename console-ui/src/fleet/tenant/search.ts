/** What the address of a tenant's page holds: which part of its work is shown, and which jobs. */
import { listSearch } from '@freehold/ui-kit';
import * as z from 'zod';

export const JOB_STATES = ['waiting', 'held', 'running', 'done', 'dead'] as const;
export type JobState = (typeof JOB_STATES)[number];
export const PARTS = ['jobs', 'events', 'plan'] as const;
export type Part = (typeof PARTS)[number];

export const workSearch = listSearch.pick({ page: true }).extend({
  part: z.enum(PARTS).optional().catch(undefined),
  state: z.enum(JOB_STATES).optional().catch(undefined),
});

export type WorkSearch = z.infer<typeof workSearch>;
