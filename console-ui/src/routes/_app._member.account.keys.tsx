/** The page at /account/keys. `name` and `role` open the form for a new one, filled in. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { KeyList } from '../keys/KeyList';

const search = listSearch.extend({
  name: z.string().max(100).optional().catch(undefined),
  role: z.enum(['owner', 'admin', 'developer', 'billing', 'viewer']).optional().catch(undefined),
});

export const Route = createFileRoute('/_app/_member/account/keys')({ validateSearch: search, component: KeyList });
