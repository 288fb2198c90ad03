/** Scopes of tokens in words; each holds the ones before it. */
import type { Scope } from '../api';
import type { AdminWord } from '../words';

export const SCOPES: Readonly<Record<Scope, { short: AdminWord; long: AdminWord }>> = {
  read: { short: 'scope.read', long: 'scope.read.long' },
  write: { short: 'scope.write', long: 'scope.write.long' },
  admin: { short: 'scope.admin', long: 'scope.admin.long' },
};

/** What tokens are usually made for: a start, to be changed. */
export const TEMPLATES: readonly { label: AdminWord; name: AdminWord; scope: Scope; days: string }[] = [
  { label: 'template.frontend', name: 'template.frontend.name', scope: 'read', days: '365' },
  { label: 'template.publisher', name: 'template.publisher.name', scope: 'write', days: '90' },
  { label: 'template.automation', name: 'template.automation.name', scope: 'admin', days: '30' },
];
