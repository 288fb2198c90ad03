/** The page of one tenant: the state of its store, and its work. The id may be a slug. */
import { createFileRoute } from '@tanstack/react-router';
import { workSearch } from '../fleet/tenant/search';
import { TenantPage } from '../fleet/tenant/TenantPage';

export const Route = createFileRoute('/_app/fleet/tenants/$tenantId')({
  validateSearch: workSearch,
  component: TenantPage,
});
