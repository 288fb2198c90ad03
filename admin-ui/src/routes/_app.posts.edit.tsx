/** The editor: of the post that the address names, or of a new one. */
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { PostScreen } from '../posts/PostScreen';

export const Route = createFileRoute('/_app/posts/edit')({
  validateSearch: z.object({ post: z.string().optional().catch(undefined) }),
  component: PostScreen,
});
