/**
 * A list by keyboard. One row can be reached by Tab; arrows, Home and End move, Enter opens,
 * Space and Shift+Space select, Ctrl/⌘+A selects the page, Escape leaves. Tab is never taken, so
 * focus is not trapped.
 */
import { type KeyboardEvent, useState } from 'react';

interface GridKeys {
  rows: number;
  open: (index: number) => void;
  toggle: (index: number) => void;
  toggleAll: () => void;
}

export function useGridKeys({ rows, open, toggle, toggleAll }: GridKeys) {
  const [current, setCurrent] = useState(0);
  const reachable = Math.min(current, Math.max(0, rows - 1));

  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    const row = (event.target as HTMLElement).closest('tr');
    if (!row) return;
    if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      toggleAll();
      return;
    }
    if (event.key === 'Escape') {
      (event.target as HTMLElement).blur();
      return;
    }
    // Keys on a button or link inside a row are that control's own.
    if (event.target !== row) return;
    const targets: Record<string, number> = {
      ArrowDown: Math.min(reachable + 1, rows - 1),
      ArrowUp: Math.max(reachable - 1, 0),
      Home: 0,
      End: rows - 1,
    };
    const target = targets[event.key];
    if (target !== undefined) {
      event.preventDefault();
      setCurrent(target);
      (row.parentElement?.children[target] as HTMLElement | undefined)?.focus();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open(reachable);
    } else if (event.key === ' ') {
      event.preventDefault();
      toggle(reachable);
    }
  };

  const rowProps = (index: number) => ({
    tabIndex: index === reachable ? 0 : -1,
    onFocus: () => setCurrent(index),
  });
  return { onKeyDown, rowProps };
}
