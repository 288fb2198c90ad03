/**
 * The resource engine: a resource is a description, and one screen lists any of them. Fields name
 * a kind, which brings its cell and its filter; actions say what they do and how it is undone.
 */
import type { ListSearch, PageOf } from '@freehold/ui-kit';
import type { Icon } from '@tabler/icons-react';
import type { AdminWord } from '../words';

export type FieldKind = 'title' | 'text' | 'code' | 'number' | 'time' | 'choice';

export interface Choice {
  value: string;
  label: AdminWord;
  color: string;
}

export interface Field<Row> {
  /** The API's own name of it: what is sorted and filtered by. */
  id: string;
  label: AdminWord;
  kind: FieldKind;
  value: (row: Row) => string | number | null | undefined;
  /** A second line below the value. */
  detail?: (row: Row) => string;
  sortable?: boolean;
  wideOnly?: boolean;
  /** The values of a choice; with `filter` the list can be narrowed to one of them. */
  choices?: readonly Choice[];
  filter?: { all: AdminWord };
}

export interface Action<Row> {
  id: string;
  label: AdminWord;
  icon: Icon;
  /** Rows that it is not for are left alone. */
  fits: (row: Row) => boolean;
  run: (row: Row) => Promise<unknown>;
  /** Words for what was done, with `count`. */
  done: AdminWord;
  /** Takes it back, if the API can. */
  undo?: (row: Row) => Promise<unknown>;
  /** Asked first where it cannot be taken back. */
  confirm?: { title: AdminWord; text: AdminWord };
}

export interface Resource<Row> {
  /** The key of its answers in the cache. */
  name: string;
  title: AdminWord;
  lead: AdminWord;
  icon: Icon;
  search: AdminWord;
  /** Where a new one is made; absent where none is made by hand. */
  create?: { label: AdminWord; href: string };
  empty: { title: AdminWord; text: AdminWord };
  defaultSort: string;
  fields: readonly Field<Row>[];
  actions: readonly Action<Row>[];
  list: (query: ListQuery) => Promise<PageOf<Row>>;
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  /** Where a row leads; rows without stay put. */
  rowHref?: (row: Row) => string;
}

export interface ListQuery extends ListSearch {
  page_size: number;
  filter: Readonly<Record<string, string>>;
}
