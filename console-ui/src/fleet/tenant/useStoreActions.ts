/** What operators do to a tenant's store: look through it, serve it again, take it to another engine. */
import { asApiError, toast, toastProblem, unwrap } from '@freehold/ui-kit';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  type ConvertTenant,
  postV1FleetTenantsIdCheck,
  postV1FleetTenantsIdConvert,
  postV1FleetTenantsIdRelease,
  type Tenant,
} from '../../api';
import { operatorClient as client } from '../../app/clients';
import { useWords } from '../../words';
import { useFleetAction } from '../useFleetAction';
import { tenantQuery } from './queries';

export const CONVERT_KEY = 'convert';

export function useStoreActions() {
  const word = useWords();
  const queries = useQueryClient();
  const check = useFleetAction({
    act: (tenant: Tenant) => unwrap(postV1FleetTenantsIdCheck({ client, path: { id: tenant.id } })),
    done: ({ name, quarantine }, { problems: [problem] }) => {
      if (problem) return word('check.problems', { name, problem });
      return quarantine ? word('check.fine', { name }) : word('check.sound', { name });
    },
  });
  const release = useMutation({
    mutationFn: (tenant: Tenant) => unwrap(postV1FleetTenantsIdRelease({ client, path: { id: tenant.id } })),
    onSuccess: (_released, { name }) => toast(word('release.done', { name })),
    onError: (error) => toastProblem(word('release.failed'), asApiError(error)),
    // Where it stays, it may stay for another reason than before.
    onSettled: () => queries.invalidateQueries({ queryKey: ['fleet'] }),
  });
  return { check, release };
}

interface Conversion {
  body: ConvertTenant;
  key: string;
}

export function useConversion(tenant: Tenant) {
  const word = useWords();
  const queries = useQueryClient();
  return useMutation({
    mutationKey: [CONVERT_KEY, tenant.id],
    mutationFn: ({ body, key }: Conversion) =>
      unwrap(
        postV1FleetTenantsIdConvert({ client, path: { id: tenant.id }, headers: { 'Idempotency-Key': key }, body }),
      ),
    onSuccess: (next) => {
      queries.setQueryData(tenantQuery(tenant.id).queryKey, next);
      const { name, engine } = tenant;
      toast(next.engine === engine ? word('convert.begun', { name }) : word('convert.done', { name }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['fleet'] }),
  });
}
