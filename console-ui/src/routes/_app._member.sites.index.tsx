/** The page at /sites. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { SiteList } from '../sites/SiteList';

export const Route = createFileRoute('/_app/_member/sites/')({
  validateSearch: listSearch.extend({
    state: z.enum(['provisioning', 'ready', 'suspended', 'deleted', 'failed']).optional().catch(undefined),
  }),
  component: SiteList,
});
