/** Roles as people read them, and which of them somebody may give. */
import { useQuery } from '@tanstack/react-query';
import type { Role } from '../api';
import { meQuery } from '../app/session';
import { useWords } from '../words';

/** From the one that may most to the one that may least. */
const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const satisfies readonly Role[];

const WORDS = {
  owner: { name: 'role.owner', may: 'role.owner.may' },
  admin: { name: 'role.admin', may: 'role.admin.may' },
  developer: { name: 'role.developer', may: 'role.developer.may' },
  billing: { name: 'role.billing', may: 'role.billing.may' },
  viewer: { name: 'role.viewer', may: 'role.viewer.may' },
} as const;

export function useRoles() {
  const word = useWords();
  const me = useQuery(meQuery);
  const label = (role: Role) => word(WORDS[role].name);
  const own = me.data?.role;
  return {
    label,
    own,
    /** Only owners make owners. */
    toGive: ROLES.filter((role) => role !== 'owner' || own === 'owner').map((role) => ({
      value: role,
      label: `${label(role)}: ${word(WORDS[role].may)}`,
    })),
    short: ROLES.map((role) => ({ value: role, label: label(role), disabled: role === 'owner' && own !== 'owner' })),
    /** A key may at most what its maker may. */
    forKeys: ROLES.slice(own ? ROLES.indexOf(own) : ROLES.length).map((role) => ({ value: role, label: label(role) })),
  };
}
