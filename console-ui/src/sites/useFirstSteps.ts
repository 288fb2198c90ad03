/**
 * How far somebody is with a new site, from what is there and not from what was clicked. A step that
 * the person's role does not allow is left out, and so is one whose state cannot be had.
 */
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { Me, Site } from '../api';
import { useRights } from '../app/session';
import { domainsQuery } from '../domains/queries';
import { keysQuery } from '../keys/queries';
import { membersQuery } from '../members/queries';

export interface FirstStep {
  id: 'live' | 'verified' | 'domain' | 'member' | 'key';
  /** Not known yet while it is asked for. */
  done: boolean | undefined;
}

/** Whether there are more than `few` rows; nothing when that cannot be had. */
function asked(
  id: FirstStep['id'],
  { data, isError }: UseQueryResult<{ items: unknown[] }>,
  few: number,
): readonly FirstStep[] {
  if (!data && isError) return [];
  return [{ id, done: data && data.items.length > few }];
}

export function useFirstSteps(site: Site, me: Me): readonly FirstStep[] {
  const may = useRights();
  const [mayDomains, mayMembers, mayKeys] = [may('sites.write'), may('members.write'), may('keys.write')];
  const isReady = site.state === 'ready';
  const domains = useQuery({ ...domainsQuery(site.id), enabled: mayDomains && isReady });
  const members = useQuery({ ...membersQuery({}), enabled: mayMembers });
  const keys = useQuery({ ...keysQuery({}), enabled: mayKeys });
  return [
    { id: 'live', done: isReady },
    { id: 'verified', done: me.verified },
    // A domain can be added to a site that is live.
    ...(mayDomains && isReady ? asked('domain', domains, 0) : []),
    // Whoever looks at the list is in it.
    ...(mayMembers ? asked('member', members, 1) : []),
    ...(mayKeys ? asked('key', keys, 0) : []),
  ];
}
