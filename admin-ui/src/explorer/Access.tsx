/** Who may call an operation, as far as the document says. */
import { Text } from '@mantine/core';
import type { Scope } from '../api';
import { SCOPES } from '../tokens/scopes';
import { useRoles } from '../users/roles';
import { useWords } from '../words';
import type { Access as Rules } from './document';

const isScope = (text: string): text is Scope => Object.hasOwn(SCOPES, text);

export function Access({ access: { isOpen, permission, role, scope } }: { access: Rules }) {
  const word = useWords();
  const roles = useRoles();
  const scopeText = () => {
    if (isOpen || scope === null) return null;
    if (scope === 'none') return word('api.access.no_token');
    return word('api.access.scope', { scope: isScope(scope) ? word(SCOPES[scope].short) : scope });
  };
  const who = () => {
    if (isOpen) return word('api.access.open');
    if (role === null) return word('api.access.signed_in');
    return word('api.access.role', { role: roles.short(role) });
  };
  const facts = [who(), permission && word('api.access.right', { name: permission }), scopeText()];
  return (
    <Text size="sm" c="dimmed" className="fh-wrap">
      {word('api.access', { who: facts.filter(Boolean).join(' · ') })}
    </Text>
  );
}
