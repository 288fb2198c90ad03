/** The mark: a keyhole in a house. Decorative wherever it stands, since a name stands beside it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path fill="var(--mantine-primary-color-filled)" d="M16 2 3 12.2V27a3 3 0 0 0 3 3h20a3 3 0 0 0 3-3V12.2z" />
      <path
        fill="var(--mantine-color-body)"
        d="M16 12.2a4.3 4.3 0 0 0-2.2 8l-1.2 5.3h6.8l-1.2-5.3a4.3 4.3 0 0 0-2.2-8z"
      />
    </svg>
  );
}
