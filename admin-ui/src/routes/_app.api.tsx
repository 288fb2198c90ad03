/** The page at /api: which operation is chosen, and what is searched for. */
import { createFileRoute } from '@tanstack/react-router';
import { Explorer } from '../explorer/Explorer';
import { explorerSearch } from '../explorer/search';

export const Route = createFileRoute('/_app/api')({ validateSearch: explorerSearch, component: Explorer });
