/** The list of any resource: search, filters, order and page in the address, actions in bulk. */
import {
  AppLink,
  asApiError,
  DataGrid,
  EmptyState,
  FilterSelect,
  IconPlus,
  NothingMatches,
  PageHead,
  Toolbar,
  useListScreen,
} from '@freehold/ui-kit';
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useWords } from '../words';
import { BulkActions } from './BulkActions';
import { FieldCell } from './fieldKinds';
import { SavedViews } from './SavedViews';
import type { ResourceSearch } from './search';
import type { Field, Resource } from './types';

const PAGE_ROWS = 20;

interface ResourceListProps<Row> {
  resource: Resource<Row>;
  search: ResourceSearch;
  navigate: (to: { search: ResourceSearch; replace: boolean }) => unknown;
  /** What stands beside the title, before the way to a new one. */
  beside?: ReactNode;
}

function useColumns<Row>(resource: Resource<Row>) {
  const word = useWords();
  return useMemo(
    () =>
      resource.fields.map((field) => ({
        id: field.id,
        label: word(field.label),
        sortable: field.sortable,
        wideOnly: field.wideOnly,
        align: field.kind === 'number' ? ('right' as const) : undefined,
        cell: (row: Row) => <FieldCell field={field} row={row} href={resource.rowHref?.(row)} />,
      })),
    [resource, word],
  );
}

interface FieldFilterProps<Row> {
  field: Field<Row>;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function FieldFilter<Row>({ field, value, onChange }: FieldFilterProps<Row>) {
  const word = useWords();
  if (!field.filter || !field.choices) return null;
  const options = field.choices.map((choice) => ({ value: choice.value, label: word(choice.label) }));
  return (
    <FilterSelect
      label={word(field.label)}
      all={word(field.filter.all)}
      options={options}
      value={value}
      onChange={onChange}
    />
  );
}

export function ResourceList<Row extends object>({ resource, search, navigate, beside }: ResourceListProps<Row>) {
  const word = useWords();
  const { onSearch, onFilter, clear, filtered } = useListScreen<ResourceSearch>(search, navigate);
  const filter = search.filter ?? {};
  const list = useQuery({
    queryKey: [resource.name, 'list', search],
    placeholderData: keepPreviousData,
    queryFn: () => resource.list({ ...search, page: search.page ?? 1, page_size: PAGE_ROWS, filter }),
  });
  const columns = useColumns(resource);
  const narrow = (id: string, value: string | undefined) => {
    const { [id]: _old, ...others } = filter;
    const next = value === undefined ? others : { ...others, [id]: value };
    onFilter({ filter: Object.keys(next).length > 0 ? next : undefined });
  };
  // A filter that the API does not know any more must not brick the page: it offers to clear them.
  const isRefused = list.error && asApiError(list.error).status === 400;
  const create = resource.create && (
    <Button
      component={AppLink}
      className=""
      href={resource.create.href}
      leftSection={<IconPlus size={16} aria-hidden="true" />}
    >
      {word(resource.create.label)}
    </Button>
  );
  const none = (
    <EmptyState icon={<resource.icon size={28} />} title={word(resource.empty.title)} action={create}>
      {word(resource.empty.text)}
    </EmptyState>
  );
  return (
    <>
      <PageHead
        title={word(resource.title)}
        lead={word(resource.lead)}
        actions={
          <>
            {beside}
            {create}
          </>
        }
      />
      <DataGrid
        label={word(resource.title)}
        columns={columns}
        page={isRefused ? { items: [], total: 0, page_size: PAGE_ROWS } : list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={resource.rowId}
        rowName={resource.rowName}
        rowHref={resource.rowHref}
        search={search}
        onSearch={onSearch}
        defaultSort={resource.defaultSort}
        empty={filtered || isRefused ? <NothingMatches onClear={clear} /> : none}
        bulk={(rows, done) => <BulkActions resource={resource} rows={rows} onDone={done} />}
        toolbar={
          <Toolbar
            q={search.q}
            onQuery={(q) => onFilter({ q })}
            label={word(resource.search)}
            filtered={filtered}
            onClear={clear}
          >
            {resource.fields.map((field) => (
              <FieldFilter
                key={field.id}
                field={field}
                value={filter[field.id]}
                onChange={(value) => narrow(field.id, value)}
              />
            ))}
            <SavedViews
              resource={resource.name}
              search={search}
              onOpen={(next) => void navigate({ search: next, replace: false })}
            />
          </Toolbar>
        }
      />
    </>
  );
}
