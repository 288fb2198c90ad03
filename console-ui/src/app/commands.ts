/** What the console's sidebar, palette and shortcuts offer, to members and to operators. */
import {
  type Command,
  IconBuilding,
  IconKey,
  IconListCheck,
  IconPlus,
  IconRefresh,
  IconServer,
  IconShieldLock,
  IconUser,
  IconVersions,
  IconWorld,
} from '@freehold/ui-kit';
import { useCallback } from 'react';
import { useWords } from '../words';
import { useOperatorToken } from './useOperatorToken';

export function useConsoleCommands(): (isMember: boolean) => readonly Command[] {
  const word = useWords();
  const isOperator = useOperatorToken() !== '';
  const [yours, fleet] = [word('nav.account'), word('nav.fleet')];
  const labels = {
    sites: word('sites'),
    operations: word('operations'),
    newSite: word('site.new'),
    members: word('members'),
    keys: word('keys'),
    operator: word('operator.sign_in'),
    workers: word('workers'),
    tenants: word('tenants'),
    upgrades: word('upgrades'),
    processes: word('processes'),
    tokens: word('tokens'),
    all: word('operations.all'),
  };
  const text = JSON.stringify({ yours, fleet, labels });
  return useCallback(
    (isMember) => {
      const { yours, fleet, labels } = JSON.parse(text);
      const go = (id: string, href: string, label: string, sidebar: string, icon: Command['icon'], keys?: string) =>
        ({ id, href, label, sidebar, icon, keys, group: 'go' }) satisfies Command;
      const member: Command[] = [
        go('sites', '/sites', labels.sites, yours, IconWorld, 'g s'),
        go('operations', '/operations', labels.operations, yours, IconListCheck, 'g o'),
        go('members', '/account/members', labels.members, yours, IconUser, 'g m'),
        go('keys', '/account/keys', labels.keys, yours, IconKey, 'g k'),
        { id: 'site.new', href: '/sites/new', label: labels.newSite, group: 'create', icon: IconPlus, keys: 'c s' },
      ];
      const operator: Command[] = [
        go('workers', '/fleet/workers', labels.workers, fleet, IconServer, 'g w'),
        go('tenants', '/fleet/tenants', labels.tenants, fleet, IconBuilding, 'g t'),
        go('upgrades', '/fleet/upgrade', labels.upgrades, fleet, IconVersions, 'g u'),
        go('processes', '/fleet/processes', labels.processes, fleet, IconRefresh, 'g p'),
        go('tokens', '/fleet/join-tokens', labels.tokens, fleet, IconKey, 'g j'),
        go('fleet.operations', '/fleet/operations', labels.all, fleet, IconListCheck, 'g a'),
      ];
      const enter: Command = {
        id: 'operator',
        href: '/fleet',
        label: labels.operator,
        group: 'go',
        icon: IconShieldLock,
      };
      return [...(isMember ? member : []), ...(isOperator ? operator : [enter])];
    },
    [text, isOperator],
  );
}
