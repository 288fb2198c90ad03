/** The page at /users. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { UserList } from '../users/UserList';

const search = listSearch.extend({
  role: z.string().max(40).optional().catch(undefined),
  status: z.enum(['active', 'suspended']).optional().catch(undefined),
});

export const Route = createFileRoute('/_app/users')({ validateSearch: search, component: UserList });
