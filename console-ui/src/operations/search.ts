/** The part of an address that lists of operations understand. */
import { listSearch } from '@freehold/ui-kit';
import * as z from 'zod';

export const operationSearch = listSearch.extend({
  state: z.enum(['running', 'succeeded', 'failed']).optional().catch(undefined),
  kind: z
    .enum([
      'create_site',
      'suspend_site',
      'resume_site',
      'delete_site',
      'restore_site',
      'change_site',
      'convert_site',
      'rotate_key',
    ])
    .optional()
    .catch(undefined),
});
