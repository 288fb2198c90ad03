/** The page at /reset; see `account/Reset`. */
import { createFileRoute } from '@tanstack/react-router';
import { Reset } from '../account/Reset';

export const Route = createFileRoute('/reset')({
  component: Reset,
});
