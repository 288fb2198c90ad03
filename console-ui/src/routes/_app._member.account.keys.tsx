/** The page at /account/keys. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import { KeyList } from '../keys/KeyList';

export const Route = createFileRoute('/_app/_member/account/keys')({ validateSearch: listSearch, component: KeyList });
