/** What can be done to one of several alike: the button's name says to which. */
import { Button } from '@mantine/core';

interface RowButtonProps {
  label: string;
  /** What people call the one that it belongs to. */
  of: string;
  busy?: boolean;
  onClick: () => void;
}

export function RowButton({ label, of, busy, onClick }: RowButtonProps) {
  return (
    <Button size="compact-sm" variant="default" aria-label={`${label}: ${of}`} loading={busy} onClick={onClick}>
      {label}
    </Button>
  );
}
