/** The page at /sign-up; see `account/SignUp`. */
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { SignUp } from '../account/SignUp';

export const Route = createFileRoute('/sign-up')({
  validateSearch: z.object({ next: z.string().optional().catch(undefined) }),
  component: SignUp,
});
