/**
 * Changes a member's role: shown at once, and taken back with the reason where the API refuses. Only
 * the one role is taken back, so that what else changed meanwhile stays.
 */
import { asApiError, toast, unwrap, useReason } from '@freehold/ui-kit';
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { type Member, patchV1AccountMembersId, type Role } from '../api';
import { useWords } from '../words';
import { MEMBERS } from './queries';

interface RoleChange {
  member: Member;
  role: Role;
}

export interface RoleChanges {
  change: (change: RoleChange) => void;
  /** Why a role was taken back, by the member's id. */
  refused: ReadonlyMap<string, string>;
}

const CHANGES = ['account', 'role'];

/** Shows another role in every page of members that is kept, where the role is still `from`. */
function showRole(queries: QueryClient, id: string, from: Role, to: Role): void {
  const shown = (member: Member) => (member.id === id && member.role === from ? { ...member, role: to } : member);
  queries.setQueriesData<{ items: Member[] }>(
    { queryKey: MEMBERS },
    (page) => page && { ...page, items: page.items.map(shown) },
  );
}

export function useRoleChange(): RoleChanges {
  const word = useWords();
  const reason = useReason();
  const queries = useQueryClient();
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map());
  const explain = (id: string, why?: string) =>
    setRefused((before) => {
      const after = new Map(before);
      if (why === undefined) after.delete(id);
      else after.set(id, why);
      return after;
    });
  const { mutate } = useMutation({
    mutationKey: CHANGES,
    // One after the other: the last choice is the one that stays.
    scope: { id: CHANGES.join('.') },
    // Without a connection it is refused at once, instead of looking done until there is one.
    networkMode: 'always',
    mutationFn: ({ member, role }: RoleChange) =>
      unwrap(patchV1AccountMembersId({ path: { id: member.id }, body: { role } })),
    onMutate: async ({ member, role }) => {
      explain(member.id);
      // An answer that is under way would bring the old role back.
      await queries.cancelQueries({ queryKey: MEMBERS });
      showRole(queries, member.id, member.role, role);
    },
    onError: (error, { member, role }) => {
      showRole(queries, member.id, role, member.role);
      const problem = asApiError(error);
      const why = problem.code === 'last_owner' ? word('problem.last_owner') : reason(problem);
      explain(member.id, word('member.role.refused', { why }));
    },
    onSuccess: (_answer, { member }) => toast(word('member.role.done', { name: member.email })),
    onSettled: () => {
      if (queries.isMutating({ mutationKey: CHANGES }) > 1) return;
      void queries.invalidateQueries({ queryKey: ['account'] });
      void queries.invalidateQueries({ queryKey: ['me'] });
    },
  });
  const change = useCallback((next: RoleChange) => mutate(next), [mutate]);
  return { change, refused };
}
