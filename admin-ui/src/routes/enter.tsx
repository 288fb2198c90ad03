/**
 * Where the console's ticket leads. It is exchanged once, before anything is shown; the screen that
 * follows takes its place in the history. When the site cannot be reached, reloading tries again.
 */
import { asApiError, startOver, unwrap } from '@freehold/ui-kit';
import { createFileRoute, redirect } from '@tanstack/react-router';
import { postApiV1AuthTicket } from '../api';
import { EnterFailed } from '../session/EnterFailed';
import { keepSession } from '../session/store';

export const Route = createFileRoute('/enter')({
  beforeLoad: async ({ context }) => {
    const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket') ?? '';
    try {
      keepSession(await unwrap(postApiV1AuthTicket({ body: { ticket } })));
    } catch (error) {
      return { problem: asApiError(error) };
    }
    startOver(context.queries);
    throw redirect({ to: '/', replace: true });
  },
  component: EnterFailed,
});
