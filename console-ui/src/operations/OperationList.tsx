/** The account's operations. */
import {
  AppLink,
  type Column,
  DataGrid,
  EmptyState,
  FilterSelect,
  IconListCheck,
  JobBadge,
  NothingMatches,
  PageHead,
  Time,
  useListScreen,
} from '@freehold/ui-kit';
import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Operation } from '../api';
import { type OperationSearch, operationsQuery } from '../app/queries';
import { useWords } from '../words';
import { useOperationWords } from './words';

const route = getRouteApi('/_app/_member/operations');

/** Columns of operations; `siteHref` says where an operation's site is shown. */
export function useOperationColumns(siteHref: (site: string) => string): Column<Operation>[] {
  const word = useWords();
  const words = useOperationWords();
  return useMemo(
    () => [
      {
        id: 'kind',
        label: word('operation'),
        sortable: true,
        cell: (operation) => (
          <>
            <AppLink href={siteHref(operation.site_id)}>{words.kind(operation.kind)}</AppLink>
            {operation.error && (
              <Text size="xs" c="var(--mantine-color-error)" className="fh-wrap">
                {operation.error}
              </Text>
            )}
          </>
        ),
      },
      {
        id: 'state',
        label: word('state'),
        sortable: true,
        cell: (operation) => <JobBadge state={operation.state} />,
      },
      {
        id: 'attempts',
        label: word('attempts'),
        sortable: true,
        align: 'right',
        wideOnly: true,
        cell: (operation) => operation.attempts,
      },
      {
        id: 'created_at',
        label: word('created'),
        sortable: true,
        wideOnly: true,
        cell: (operation) => <Time at={operation.created_at} seconds />,
      },
    ],
    [word, words, siteHref],
  );
}

interface OperationFiltersProps {
  search: OperationSearch;
  onFilter: (change: Partial<OperationSearch>) => void;
  filtered: boolean;
  clear: () => void;
}

export function OperationFilters({ search, onFilter, filtered, clear }: OperationFiltersProps) {
  const word = useWords();
  const { kinds, states } = useOperationWords();
  return (
    <Group gap="xs">
      <FilterSelect
        label={word('operation')}
        all={word('operation.all')}
        options={kinds}
        value={search.kind}
        onChange={(kind) => onFilter({ kind: kind as Operation['kind'] | undefined })}
      />
      <FilterSelect
        label={word('state')}
        all={word('state.all')}
        options={states}
        value={search.state}
        onChange={(state) => onFilter({ state: state as Operation['state'] | undefined })}
      />
      {filtered && (
        <Button variant="subtle" onClick={clear}>
          {word('filters.clear')}
        </Button>
      )}
    </Group>
  );
}

const siteHref = (site: string) => `/sites/${site}`;

export function OperationList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch, onFilter, clear, filtered } = useListScreen<OperationSearch>(search, navigate);
  const list = useQuery(operationsQuery(search));
  const columns = useOperationColumns(siteHref);
  const none = (
    <EmptyState icon={<IconListCheck size={28} />} title={word('operations.none.title')}>
      {word('operations.none')}
    </EmptyState>
  );
  return (
    <>
      <PageHead title={word('operations')} lead={word('operations.lead')} />
      <DataGrid
        label={word('operations')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(operation) => operation.id}
        rowName={(operation) => operation.id}
        rowHref={(operation) => siteHref(operation.site_id)}
        search={search}
        onSearch={onSearch}
        defaultSort="-created_at"
        empty={filtered ? <NothingMatches onClear={clear} /> : none}
        toolbar={<OperationFilters search={search} onFilter={onFilter} filtered={filtered} clear={clear} />}
      />
    </>
  );
}
