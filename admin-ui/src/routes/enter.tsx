/**
 * Where the console's ticket leads. It is exchanged once, before anything is shown, and taken out
 * of the address first, so that neither reloading nor the history uses it again.
 */
import { unwrap } from '@freehold/ui-kit';
import { createFileRoute, redirect } from '@tanstack/react-router';
import { postApiV1AuthTicket } from '../api';
import { EnterFailed } from '../session/EnterFailed';
import { keepSession } from '../session/store';

export const Route = createFileRoute('/enter')({
  beforeLoad: async ({ context }) => {
    const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket') ?? '';
    history.replaceState(history.state, '', '/enter');
    keepSession(await unwrap(postApiV1AuthTicket({ body: { ticket } })));
    context.queries.clear();
    throw redirect({ to: '/', replace: true });
  },
  errorComponent: EnterFailed,
});
