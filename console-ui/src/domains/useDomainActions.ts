/** What can be done to a domain: look at its records, read the site under it, remove it. */
import { asApiError, toast, toastProblem, unwrap } from '@freehold/ui-kit';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  type Domain,
  deleteV1SitesIdDomainsDomainId,
  postV1SitesIdDomainsDomainIdCheck,
  putV1SitesIdDomainsDomainId,
} from '../api';
import { useWords } from '../words';
import { domainsQuery } from './queries';

export function useDomainActions(siteId: string, domain: Domain) {
  const word = useWords();
  const queries = useQueryClient();
  const path = { id: siteId, domain_id: domain.id };
  const settled = () => queries.invalidateQueries({ queryKey: domainsQuery(siteId).queryKey });
  const onError = (error: unknown) => toastProblem(word('domain.failed'), asApiError(error));
  const name = domain.hostname;
  const check = useMutation({
    mutationFn: () => unwrap(postV1SitesIdDomainsDomainIdCheck({ path })),
    onError,
    onSettled: settled,
    onSuccess: ({ state }) =>
      toast(state === 'active' ? word('domain.check.active', { name }) : word('domain.check.waiting', { name })),
  });
  const choose = useMutation({
    mutationFn: (canonical: boolean) => unwrap(putV1SitesIdDomainsDomainId({ path, body: { canonical } })),
    onError,
    onSettled: settled,
    onSuccess: ({ canonical }) =>
      toast(canonical ? word('domain.canonical.done', { name }) : word('domain.canonical.off', { name })),
  });
  const remove = useMutation({
    mutationFn: () => unwrap(deleteV1SitesIdDomainsDomainId({ path })),
    onError,
    onSettled: settled,
    onSuccess: () => toast(word('domain.removed', { name })),
  });
  return { check, choose, remove };
}
