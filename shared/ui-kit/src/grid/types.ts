/** What a list shows and how it is asked for. */
import type { ReactNode } from 'react';
import * as z from 'zod';

export interface Column<Row> {
  id: string;
  label: string;
  cell: (row: Row) => ReactNode;
  /** The API sorts by the column's id. */
  sortable?: boolean;
  align?: 'right';
  /** Left out where the screen is narrow. */
  wideOnly?: boolean;
}

/** The part of a list's address that every list has. Bad values fall away instead of failing. */
export const listSearch = z.object({
  q: z.string().optional().catch(undefined),
  page: z.number().int().min(1).optional().catch(undefined),
  sort: z.string().optional().catch(undefined),
});

export type ListSearch = z.infer<typeof listSearch>;

export interface PageOf<Row> {
  items: Row[];
  total?: number | null;
  page_size: number;
}
