/** The account's sites. */
import {
  AppLink,
  type Column,
  DataGrid,
  EmptyState,
  FilterSelect,
  IconPlus,
  IconWorld,
  NothingMatches,
  PageHead,
  Time,
  Toolbar,
  useListScreen,
} from '@freehold/ui-kit';
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Site } from '../api';
import { type SiteSearch, sitesQuery } from '../app/queries';
import { useWords } from '../words';
import { SiteState, useStateOptions } from './SiteState';

const route = getRouteApi('/_app/_member/sites/');

function useColumns(): Column<Site>[] {
  const word = useWords();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('site.name'),
        sortable: true,
        cell: (site) => (
          <>
            <AppLink href={`/sites/${site.id}`}>{site.name}</AppLink>
            <Text size="xs" c="dimmed" className="fh-wrap">
              {new URL(site.url).host}
            </Text>
          </>
        ),
      },
      { id: 'state', label: word('state'), sortable: true, cell: (site) => <SiteState state={site.state} /> },
      { id: 'region', label: word('region'), sortable: true, wideOnly: true, cell: (site) => site.region },
      {
        id: 'created_at',
        label: word('created'),
        sortable: true,
        wideOnly: true,
        cell: (site) => <Time at={site.created_at} />,
      },
    ],
    [word],
  );
}

export function SiteList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch, onFilter, clear, filtered } = useListScreen<SiteSearch>(search, navigate);
  const sites = useQuery(sitesQuery(search));
  const states = useStateOptions();
  const columns = useColumns();
  const create = (
    <Button component={AppLink} className="" href="/sites/new" leftSection={<IconPlus size={16} />}>
      {word('site.new')}
    </Button>
  );
  const none = (
    <EmptyState icon={<IconWorld size={28} />} title={word('sites.none.title')} action={create}>
      {word('sites.none')}
    </EmptyState>
  );
  return (
    <>
      <PageHead title={word('sites')} lead={word('sites.lead')} actions={create} />
      <DataGrid
        label={word('sites')}
        columns={columns}
        page={sites.data}
        error={sites.error}
        busy={sites.isFetching}
        onRetry={() => void sites.refetch()}
        rowId={(site) => site.id}
        rowName={(site) => site.name}
        rowHref={(site) => `/sites/${site.id}`}
        search={search}
        onSearch={onSearch}
        defaultSort="-created_at"
        empty={filtered ? <NothingMatches onClear={clear} /> : none}
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
      />
    </>
  );
}
