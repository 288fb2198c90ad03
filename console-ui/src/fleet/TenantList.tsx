/** All tenants of the fleet. Operators suspend with a reason, which the owner reads, and resume. */
import {
  AppLink,
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
import { Badge, Code, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import {
  postV1FleetTenantsIdCheck,
  postV1FleetTenantsIdRelease,
  postV1FleetTenantsIdResume,
  type Site,
  type Tenant,
} from '../api';
import { operatorClient as client } from '../app/clients';
import { randomKey } from '../app/idempotency';
import type { SiteSearch } from '../app/queries';
import { SiteState, useStateOptions } from '../sites/SiteState';
import { useWords } from '../words';
import { tenantsQuery } from './queries';
import { SuspendDialog } from './SuspendDialog';
import { useFleetAction } from './useFleetAction';

const route = getRouteApi('/_app/fleet/tenants/');

const tenantHref = ({ id }: Tenant) => `/fleet/tenants/${id}`;

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
            <AppLink href={tenantHref(tenant)}>{tenant.name}</AppLink>
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
            {tenant.quarantine && (
              <>
                <Badge color="red">{word('quarantine')}</Badge>
                <Text size="xs" c="dimmed" className="fh-wrap">
                  {tenant.quarantine.reason}
                </Text>
              </>
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
  const check = useFleetAction({
    act: (tenant: Tenant) => unwrap(postV1FleetTenantsIdCheck({ client, path: { id: tenant.id } })),
    done: (tenant, { problems }) =>
      problems.length === 0
        ? word('check.fine', { name: tenant.name })
        : word('check.problems', { name: tenant.name, problem: problems[0] ?? '' }),
  });
  const release = useFleetAction({
    act: (tenant: Tenant) => unwrap(postV1FleetTenantsIdRelease({ client, path: { id: tenant.id } })),
    done: (tenant) => word('release.done', { name: tenant.name }),
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
        rowHref={tenantHref}
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
          if (tenant.quarantine) {
            return (
              <Group gap="xs" justify="flex-end">
                <RowButton
                  label={word('check')}
                  of={tenant.name}
                  busy={check.isPending && check.variables?.id === tenant.id}
                  onClick={() => check.mutate(tenant)}
                />
                <RowButton
                  label={word('release')}
                  of={tenant.name}
                  busy={release.isPending && release.variables?.id === tenant.id}
                  onClick={() => release.mutate(tenant)}
                />
              </Group>
            );
          }
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
