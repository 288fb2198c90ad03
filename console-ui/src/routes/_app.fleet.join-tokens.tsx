/** The page at /fleet/join-tokens. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import { TokenList } from '../fleet/TokenList';

export const Route = createFileRoute('/_app/fleet/join-tokens')({ validateSearch: listSearch, component: TokenList });
