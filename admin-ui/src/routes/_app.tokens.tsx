/** The page at /tokens. `name` and `scope` open the form for a new one, filled in. */
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { TokenList } from '../tokens/TokenList';

const search = z.object({
  name: z.string().max(100).optional().catch(undefined),
  scope: z.enum(['read', 'write', 'admin']).optional().catch(undefined),
});

export const Route = createFileRoute('/_app/tokens')({ validateSearch: search, component: TokenList });
