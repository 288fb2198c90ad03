/** The page at /sign-in; see `account/SignIn`. */
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { SignIn } from '../account/SignIn';

export const Route = createFileRoute('/sign-in')({
  validateSearch: z.object({ next: z.string().optional().catch(undefined) }),
  component: SignIn,
});
