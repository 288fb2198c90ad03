/** Who is signed in to the site. */
import { unwrap } from '@freehold/ui-kit';
import { queryOptions } from '@tanstack/react-query';
import { getApiV1UsersMe } from '../api';

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: () => unwrap(getApiV1UsersMe()) });
