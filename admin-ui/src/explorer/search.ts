/** What the explorer keeps in its address. Bad values fall away instead of failing. */
import * as z from 'zod';

const TEXT_MAX = 200;

export const explorerSearch = z.object({
  q: z.string().max(TEXT_MAX).optional().catch(undefined),
  /** The operation that is open, by its id in the document. */
  op: z.string().max(TEXT_MAX).optional().catch(undefined),
});

export type ExplorerSearch = z.infer<typeof explorerSearch>;
