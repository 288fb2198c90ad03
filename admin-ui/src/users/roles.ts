/** Roles in words, the built-in ones and the site's own, and which of them somebody may give. */
import { unwrap } from '@freehold/ui-kit';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getApiV1AdminRbacRoles, type Role } from '../api';
import { useMay } from '../me/query';
import { useWords } from '../words';

export const ROLES = ['reader', 'author', 'editor', 'admin', 'owner'] as const satisfies readonly Role[];

const SHORT = {
  reader: 'role.reader.short',
  author: 'role.author.short',
  editor: 'role.editor.short',
  admin: 'role.admin.short',
  owner: 'role.owner.short',
} as const satisfies Record<Role, string>;

const LONG = {
  reader: 'role.reader',
  author: 'role.author',
  editor: 'role.editor',
  admin: 'role.admin',
  owner: 'role.owner',
} as const satisfies Record<Role, string>;

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: () => unwrap(getApiV1AdminRbacRoles()),
});

export const isBuiltIn = (role: string): role is Role => (ROLES as readonly string[]).includes(role);

/** The site's own roles, for whoever may see them. */
function useOwnRoles() {
  const may = useMay();
  const roles = useQuery({ ...rolesQuery, enabled: may('roles.manage') }).data?.items;
  return useMemo(() => roles?.filter((role) => !role.built_in) ?? [], [roles]);
}

export function useRoles() {
  const word = useWords();
  const own = useOwnRoles();
  return useMemo(() => {
    const named = (role: string) => own.find(({ slug }) => slug === role)?.name ?? role;
    const short = (role: string) => (isBuiltIn(role) ? word(SHORT[role]) : named(role));
    const long = (role: string) => (isBuiltIn(role) ? word(LONG[role]) : named(role));
    const owns = own.map(({ slug, name }) => ({ value: slug, label: name }));
    const given = ROLES.filter((role) => role !== 'owner');
    return {
      short,
      long,
      /** The owner is made in the console. */
      given: [...given.map((role) => ({ value: role as string, label: short(role) })), ...owns],
      all: [...ROLES.map((role) => ({ value: role as string, label: short(role) })), ...owns],
      described: [...given.map((role) => ({ value: role as string, label: long(role) })), ...owns],
      own: owns,
    };
  }, [word, own]);
}

/** How much a built-in role may; one of the site's own is ranked by the server alone. */
export const rank = (role: string): number => (isBuiltIn(role) ? ROLES.indexOf(role) : 0);
