/** The page at /verify; see `account/Verify`. */
import { createFileRoute } from '@tanstack/react-router';
import { Verify } from '../account/Verify';

export const Route = createFileRoute('/verify')({
  component: Verify,
});
