/** The page at /forgot; see `account/Forgot`. */
import { createFileRoute } from '@tanstack/react-router';
import { Forgot } from '../account/Forgot';

export const Route = createFileRoute('/forgot')({
  component: Forgot,
});
