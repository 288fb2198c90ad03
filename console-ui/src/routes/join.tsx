/** The page at /join; see `members/Join`. */
import { createFileRoute } from '@tanstack/react-router';
import { Join } from '../members/Join';

export const Route = createFileRoute('/join')({
  component: Join,
});
