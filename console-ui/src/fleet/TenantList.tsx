/** All tenants of the fleet. Operators suspend with a reason, which the owner reads, and resume. */
import {
  type Column,
  DataGrid,
  EmptyState,
  FilterSelect,
  IconBuilding,
  NothingMatches,
  PageHead,
  RowButton,
  Time,
  Toolbar,
  unwrap,
  useListScreen,
} from '@freehold/ui-kit';
import { Code, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { postV1FleetTenantsIdResume, type Site, type Tenant } from '../api';
import { operatorClient as client } from '../app/clients';
import { randomKey } from '../app/idempotency';
import type { SiteSearch } from '../app/queries';
import { SiteState, useStateOptions } from '../sites/SiteState';
import { useWords } from '../words';
import { tenantsQuery } from './queries';
import { SuspendDialog } from './SuspendDialog';
import { useFleetAction } from './useFleetAction';

const route = getRouteApi('/_app/fleet/tenants');

function useColumns(): Column<Tenant>[] {
  const word = useWords();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('site.name'),
        sortable: true,
        cell: (tenant) => (
          <>
            <a className="fh-link" href={tenant.url} target="_blank" rel="noopener">
              {tenant.name}
            </a>
            <Text size="xs" c="dimmed" className="fh-wrap">
              {tenant.slug}
            </Text>
          </>
        ),
      },
      {
        id: 'state',
        label: word('state'),
        sortable: true,
        cell: (tenant) => (
          <>
            <SiteState state={tenant.state} />
            {tenant.reason && (
              <Text size="xs" c="dimmed" className="fh-wrap">
                {tenant.reason}
              </Text>
            )}
          </>
        ),
      },
      {
        id: 'account_id',
        label: word('account'),
        wideOnly: true,
        cell: (tenant) => (
          <Text size="xs" ff="monospace" className="fh-wrap">
            {tenant.account_id}
          </Text>
        ),
      },
      {
        id: 'engine',
        label: word('tenant.engine'),
        wideOnly: true,
        cell: (tenant) => <Code>{tenant.engine}</Code>,
      },
      {
        id: 'created_at',
        label: word('created'),
        sortable: true,
        wideOnly: true,
        cell: (tenant) => <Time at={tenant.created_at} />,
      },
    ],
    [word],
  );
}

export function TenantList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch, onFilter, clear, filtered } = useListScreen<SiteSearch>(search, navigate);
  const list = useQuery(tenantsQuery(search));
  const states = useStateOptions();
  const columns = useColumns();
  const [suspending, setSuspending] = useState<Tenant | null>(null);
  const resume = useFleetAction({
    act: (tenant: Tenant) =>
      unwrap(
        postV1FleetTenantsIdResume({ client, path: { id: tenant.id }, headers: { 'Idempotency-Key': randomKey() } }),
      ),
    done: (tenant) => word('resume.done', { name: tenant.name }),
  });
  return (
    <>
      <PageHead title={word('tenants')} lead={word('tenants.lead')} />
      <DataGrid
        label={word('tenants')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(tenant) => tenant.id}
        rowName={(tenant) => tenant.name}
        search={search}
        onSearch={onSearch}
        defaultSort="-created_at"
        empty={
          filtered ? (
            <NothingMatches onClear={clear} />
          ) : (
            <EmptyState icon={<IconBuilding size={28} />} title={word('tenants.none.title')}>
              {word('tenants.none')}
            </EmptyState>
          )
        }
        toolbar={
          <Toolbar
            q={search.q}
            onQuery={(q) => onFilter({ q })}
            label={word('sites.search')}
            filtered={filtered}
            onClear={clear}
          >
            <FilterSelect
              label={word('state')}
              all={word('state.all')}
              options={states}
              value={search.state}
              onChange={(state) => onFilter({ state: state as Site['state'] | undefined })}
            />
          </Toolbar>
        }
        actions={(tenant) => {
          if (tenant.state === 'ready') {
            return <RowButton label={word('suspend')} of={tenant.name} onClick={() => setSuspending(tenant)} />;
          }
          if (tenant.state !== 'suspended') return null;
          return (
            <RowButton
              label={word('resume')}
              of={tenant.name}
              busy={resume.isPending && resume.variables?.id === tenant.id}
              onClick={() => resume.mutate(tenant)}
            />
          );
        }}
      />
      <SuspendDialog tenant={suspending} onClose={() => setSuspending(null)} />
    </>
  );
}
