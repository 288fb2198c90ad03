/** A filter with few values. "Everything" is one of them, so it can be taken back by keyboard. */
import { NativeSelect } from '@mantine/core';

interface FilterSelectProps {
  label: string;
  /** What stands for no filter. */
  all: string;
  options: readonly { value: string; label: string }[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

export function FilterSelect({ label, all, options, value, onChange }: FilterSelectProps) {
  return (
    <NativeSelect
      aria-label={label}
      data={[{ value: '', label: all }, ...options]}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}
