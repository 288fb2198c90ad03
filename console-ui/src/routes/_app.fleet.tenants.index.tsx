/** The page at /fleet/tenants. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { TenantList } from '../fleet/TenantList';

export const Route = createFileRoute('/_app/fleet/tenants/')({
  validateSearch: listSearch.extend({
    state: z.enum(['provisioning', 'ready', 'suspended', 'deleted', 'failed']).optional().catch(undefined),
  }),
  component: TenantList,
});
