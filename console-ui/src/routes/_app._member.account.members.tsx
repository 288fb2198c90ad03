/** The page at /account/members. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import { MemberList } from '../members/MemberList';

export const Route = createFileRoute('/_app/_member/account/members')({
  validateSearch: listSearch,
  component: MemberList,
});
