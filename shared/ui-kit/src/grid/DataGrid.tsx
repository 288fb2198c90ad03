/**
 * The one list of both apps, over TanStack Table: the server pages, sorts and filters; the address
 * holds what is asked; rows can be selected for actions in bulk.
 */
import { Box, Button, Checkbox, Table } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import {
  createColumnHelper,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import clsx from 'clsx';
import { type ReactNode, useMemo, useState } from 'react';
import { useKitWords } from '../i18n';
import { EmptyState, ErrorState, LoadingState } from '../states/States';
import { GridFooter } from './GridFooter';
import { SelectionBar } from './SelectionBar';
import { SortButton } from './SortButton';
import type { Column, ListSearch, PageOf } from './types';
import { useGridKeys } from './useGridKeys';

const features = tableFeatures({ rowSelectionFeature });
const NOTHING: never[] = [];

export interface DataGridProps<Row extends object> {
  label: string;
  columns: readonly Column<Row>[];
  page: PageOf<Row> | undefined;
  error?: unknown;
  busy?: boolean;
  onRetry?: () => void;
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  /** Where a row leads; rows without stay put. */
  rowHref?: (row: Row) => string;
  search: ListSearch;
  onSearch: (change: Partial<ListSearch>) => void;
  defaultSort?: string;
  /** What stands above the list. */
  toolbar?: ReactNode;
  /** What stands in place of rows when there are none. */
  empty: ReactNode;
  /** What stands below the rows where the list has no numbered pages. */
  foot?: ReactNode;
  /** Actions on selected rows; without, nothing can be selected. */
  bulk?: (rows: Row[], done: () => void) => ReactNode;
  /** Actions of one row. */
  actions?: (row: Row) => ReactNode;
}

export function DataGrid<Row extends object>(props: DataGridProps<Row>) {
  const { label, page, error, busy, onRetry, toolbar, empty, foot, search, onSearch } = props;
  const body = () => {
    if (error && !page) return <ErrorState error={error} onRetry={onRetry} />;
    if (!page) return <LoadingState />;
    if (page.items.length === 0 && page.total && search.page) return <NothingHere onSearch={onSearch} />;
    if (page.items.length === 0) return empty;
    return <Rows {...props} page={page} />;
  };
  return (
    <Box className="fh-surface" component="section" aria-label={label} aria-busy={busy}>
      {toolbar && <Box p="sm">{toolbar}</Box>}
      {body()}
      {foot ?? (page && <GridFooter page={page} search={search} onSearch={onSearch} />)}
    </Box>
  );
}

/** A page that is no more, since rows went meanwhile, is not a list without rows. */
function NothingHere({ onSearch }: Pick<DataGridProps<object>, 'onSearch'>) {
  const word = useKitWords();
  return (
    <EmptyState
      title={word('grid.gone')}
      action={
        <Button variant="default" onClick={() => onSearch({ page: undefined })}>
          {word('grid.first')}
        </Button>
      }
    />
  );
}

const columnClass = <Row,>({ wideOnly, align }: Column<Row>) => clsx(wideOnly && 'fh-wide-only', align && 'fh-num');

function useGridTable<Row extends object>({ columns, page, rowId, bulk }: DataGridProps<Row>) {
  const [selection, setSelection] = useState<RowSelectionState>({});
  const defined = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row>();
    return columns.map((column) => helper.display({ id: column.id }));
  }, [columns]);
  const table = useTable({
    features,
    columns: defined,
    data: page?.items ?? (NOTHING as Row[]),
    getRowId: rowId,
    enableRowSelection: bulk !== undefined,
    state: { rowSelection: selection },
    onRowSelectionChange: setSelection,
  });
  return table;
}

function Rows<Row extends object>(props: DataGridProps<Row>) {
  const { label, columns, rowName, rowHref, search, onSearch, defaultSort, bulk, actions } = props;
  const word = useKitWords();
  const router = useRouter();
  const table = useGridTable(props);
  const rows = table.getRowModel().rows;
  const picked = rows.filter((row) => row.getIsSelected());
  const sort = search.sort ?? defaultSort ?? '';
  const direction = (id: string) => {
    if (sort.replace(/^-/, '') !== id) return undefined;
    return sort.startsWith('-') ? 'descending' : 'ascending';
  };
  const open = (index: number) => {
    const row = rows[index];
    if (row && rowHref) router.history.push(rowHref(row.original));
  };
  const keys = useGridKeys({
    rows: rows.length,
    open,
    toggle: (index) => bulk && rows[index]?.toggleSelected(),
    toggleAll: () => bulk && table.toggleAllRowsSelected(true),
  });
  return (
    <>
      {bulk && picked.length > 0 && (
        <SelectionBar count={picked.length} onClear={() => table.resetRowSelection(true)}>
          {bulk(
            picked.map((row) => row.original),
            () => table.resetRowSelection(true),
          )}
        </SelectionBar>
      )}
      <Box className="fh-grid-scroll">
        <Table verticalSpacing={8} horizontalSpacing="md" highlightOnHover aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {bulk && (
                <Table.Th w={44}>
                  <Checkbox
                    size="xs"
                    aria-label={word('grid.select.all')}
                    checked={table.getIsAllRowsSelected()}
                    indeterminate={table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()}
                    onChange={table.getToggleAllRowsSelectedHandler()}
                  />
                </Table.Th>
              )}
              {columns.map((column) => (
                <Table.Th
                  key={column.id}
                  aria-sort={column.sortable ? direction(column.id) : undefined}
                  className={columnClass(column)}
                  ta={column.align}
                >
                  {column.sortable ? (
                    <SortButton column={column} direction={direction(column.id)} onSearch={onSearch} />
                  ) : (
                    column.label
                  )}
                </Table.Th>
              ))}
              {actions && (
                <Table.Th w={60}>
                  <span className="fh-hidden">{word('grid.actions')}</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody onKeyDown={keys.onKeyDown}>
            {rows.map((row, index) => (
              <Table.Tr key={row.id} {...keys.rowProps(index)} data-selected={row.getIsSelected() || undefined}>
                {bulk && (
                  <Table.Td>
                    <Checkbox
                      size="xs"
                      aria-label={word('grid.select.row', { name: rowName(row.original) })}
                      checked={row.getIsSelected()}
                      onChange={row.getToggleSelectedHandler()}
                    />
                  </Table.Td>
                )}
                {columns.map((column) => (
                  <Table.Td key={column.id} className={columnClass(column)} ta={column.align}>
                    {column.cell(row.original)}
                  </Table.Td>
                ))}
                {actions && <Table.Td ta="right">{actions(row.original)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </>
  );
}
