/** The page of one site. `operation` names the operation whose course is shown at the top. */
import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod';
import { SiteOverview } from '../sites/SiteOverview';

export const Route = createFileRoute('/_app/_member/sites/$siteId')({
  validateSearch: z.object({ operation: z.string().optional().catch(undefined) }),
  component: SiteOverview,
});
