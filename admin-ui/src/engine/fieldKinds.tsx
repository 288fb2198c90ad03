/** One entry per kind of field: how a value looks in a list. */
import { AppLink, Time } from '@freehold/ui-kit';
import { Badge, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../words';
import type { Field, FieldKind } from './types';

interface CellProps<Row> {
  field: Field<Row>;
  row: Row;
  href: string | undefined;
}

function Choice<Row>({ field, row }: CellProps<Row>) {
  const word = useWords();
  const choice = field.choices?.find(({ value }) => value === field.value(row));
  return choice ? <Badge color={choice.color}>{word(choice.label)}</Badge> : null;
}

function Title<Row>({ field, row, href }: CellProps<Row>) {
  return (
    <>
      {href ? <AppLink href={href}>{field.value(row)}</AppLink> : <Text size="sm">{field.value(row)}</Text>}
      {field.detail && (
        <Text size="xs" c="dimmed" lineClamp={1} className="fh-wrap">
          {field.detail(row)}
        </Text>
      )}
    </>
  );
}

const CELLS: Readonly<Record<FieldKind, <Row>(props: CellProps<Row>) => ReactNode>> = {
  title: Title,
  text: ({ field, row }) => field.value(row),
  code: ({ field, row }) => <code>{field.value(row)}</code>,
  number: ({ field, row }) => field.value(row),
  time: ({ field, row }) => {
    const at = field.value(row);
    return typeof at === 'string' ? <Time at={at} /> : '–';
  },
  choice: Choice,
};

export function FieldCell<Row>(props: CellProps<Row>) {
  const Cell = CELLS[props.field.kind];
  return <Cell {...props} />;
}
