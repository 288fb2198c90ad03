/** Operations of all accounts. */
import { DataGrid, EmptyState, IconListCheck, NothingMatches, PageHead, useListScreen } from '@freehold/ui-kit';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { OperationSearch } from '../app/queries';
import { OperationFilters, useOperationColumns } from '../operations/OperationList';
import { useWords } from '../words';
import { fleetOperationsQuery } from './queries';

const route = getRouteApi('/_app/fleet/operations');
const tenantHref = (site: string) => `/fleet/tenants/${site}`;

export function FleetOperations() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch, onFilter, clear, filtered } = useListScreen<OperationSearch>(search, navigate);
  const list = useQuery(fleetOperationsQuery(search));
  const columns = useOperationColumns(tenantHref);
  return (
    <>
      <PageHead title={word('operations.all')} lead={word('operations.all.lead')} />
      <DataGrid
        label={word('operations.all')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(operation) => operation.id}
        rowName={(operation) => operation.id}
        search={search}
        onSearch={onSearch}
        defaultSort="-created_at"
        empty={
          filtered ? (
            <NothingMatches onClear={clear} />
          ) : (
            <EmptyState icon={<IconListCheck size={28} />} title={word('operations.none.title')}>
              {word('operations.none')}
            </EmptyState>
          )
        }
        toolbar={<OperationFilters search={search} onFilter={onFilter} filtered={filtered} clear={clear} />}
      />
    </>
  );
}
