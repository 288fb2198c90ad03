/** A resource's actions on the selected rows, each row on its own: one that fails stops no other. */
import {
  type ApiError,
  asApiError,
  ConfirmDialog,
  toast,
  toastProblem,
  toastUndo,
  useKitWords,
} from '@freehold/ui-kit';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWords } from '../words';
import type { Action, Resource } from './types';

interface BulkActionsProps<Row> {
  resource: Resource<Row>;
  rows: Row[];
  onDone: () => void;
}

interface Results<Row> {
  done: Row[];
  failed: { row: Row; error: ApiError }[];
}

async function each<Row>(rows: readonly Row[], act: (row: Row) => Promise<unknown>): Promise<Results<Row>> {
  const results: Results<Row> = { done: [], failed: [] };
  for (const row of rows) {
    try {
      await act(row);
      results.done.push(row);
    } catch (error) {
      results.failed.push({ row, error: asApiError(error) });
    }
  }
  return results;
}

export function BulkActions<Row>({ resource, rows, onDone }: BulkActionsProps<Row>) {
  const word = useWords();
  const kit = useKitWords();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<Action<Row> | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: [resource.name] });
  const report = ({ failed }: Results<Row>) => {
    for (const { row, error } of failed) toastProblem(resource.rowName(row), error);
  };
  const run = useMutation({
    mutationFn: (action: Action<Row>) => each(rows.filter(action.fits), action.run),
    onSuccess: async (results, action) => {
      setAsking(null);
      onDone();
      await refresh();
      report(results);
      const { undo } = action;
      const message = word(action.done, { count: results.done.length });
      if (results.done.length === 0) return;
      if (!undo) toast(message);
      else toastUndo(message, kit('undo'), () => void each(results.done, undo).then(report).then(refresh));
    },
  });
  const start = (action: Action<Row>) => (action.confirm ? setAsking(action) : run.mutate(action));
  const count = asking ? rows.filter(asking.fits).length : 0;
  return (
    <>
      {resource.actions
        .filter((action) => rows.some(action.fits))
        .map((action) => (
          <Button
            key={action.id}
            size="compact-sm"
            variant="default"
            leftSection={<action.icon size={14} aria-hidden="true" />}
            loading={run.isPending && run.variables === action}
            onClick={() => start(action)}
          >
            {word(action.label)}
          </Button>
        ))}
      <ConfirmDialog
        opened={asking !== null}
        onClose={() => setAsking(null)}
        title={asking?.confirm ? word(asking.confirm.title, { count }) : ''}
        confirm={asking ? word(asking.label) : ''}
        busy={run.isPending}
        onConfirm={() => asking && run.mutate(asking)}
      >
        {asking?.confirm && word(asking.confirm.text)}
      </ConfirmDialog>
    </>
  );
}
