/** Roles in words, and which of them somebody may give. */
import type { Role } from '../api';
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

export function useRoles() {
  const word = useWords();
  const given = ROLES.filter((role) => role !== 'owner');
  return {
    short: (role: Role) => word(SHORT[role]),
    long: (role: Role) => word(LONG[role]),
    /** The owner is made in the console. */
    given: given.map((role) => ({ value: role, label: word(SHORT[role]) })),
    all: ROLES.map((role) => ({ value: role, label: word(SHORT[role]) })),
    described: given.map((role) => ({ value: role, label: word(LONG[role]) })),
  };
}

export const rank = (role: Role): number => ROLES.indexOf(role);
