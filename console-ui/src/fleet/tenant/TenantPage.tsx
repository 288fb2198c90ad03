/** One tenant for operators: what is wrong with it, where its data is, what was done to it, and its work. */
import { AppLink, ErrorState, IconExternalLink, LoadingState, PageHead } from '@freehold/ui-kit';
import { Badge, Button, SimpleGrid, Stack, Text } from '@mantine/core';
import { useIsMutating, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Tenant } from '../../api';
import { SiteState } from '../../sites/SiteState';
import { useWords } from '../../words';
import { QuarantineNotice } from './QuarantineNotice';
import { tenantQuery } from './queries';
import { StoreFacts } from './StoreFacts';
import { TenantOperations } from './TenantOperations';
import { TenantWork } from './TenantWork';
import { CONVERT_KEY } from './useStoreActions';

const route = getRouteApi('/_app/fleet/tenants/$tenantId');

export function TenantPage() {
  const word = useWords();
  const { tenantId } = route.useParams();
  const tenant = useQuery(tenantQuery(tenantId));
  return (
    <>
      <Text size="sm" mb="xs">
        <AppLink href="/fleet/tenants" back>
          {word('tenant.back')}
        </AppLink>
      </Text>
      {tenant.data ? (
        <Shown key={tenant.data.id} tenant={tenant.data} />
      ) : tenant.error ? (
        <ErrorState whole error={tenant.error} onRetry={() => void tenant.refetch()} />
      ) : (
        <LoadingState />
      )}
    </>
  );
}

function Shown({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const isConverting = useIsMutating({ mutationKey: [CONVERT_KEY, tenant.id] }) > 0;
  return (
    <>
      <PageHead
        title={tenant.name}
        badge={tenant.quarantine ? <Badge color="red">{word('quarantine')}</Badge> : <SiteState state={tenant.state} />}
        lead={
          <>
            {tenant.slug}
            {tenant.reason && <div>{word('suspended.reason', { reason: tenant.reason })}</div>}
          </>
        }
        actions={
          tenant.state === 'ready' &&
          !tenant.quarantine && (
            <Button
              variant="default"
              component="a"
              href={tenant.url}
              target="_blank"
              rel="noopener"
              rightSection={<IconExternalLink size={16} />}
            >
              {word('site.open')}
            </Button>
          )
        }
      />
      <Stack gap="lg">
        <QuarantineNotice tenant={tenant} />
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
          <StoreFacts tenant={tenant} />
          <TenantOperations tenant={tenant} isChanging={isConverting} />
        </SimpleGrid>
        <TenantWork tenant={tenant} />
      </Stack>
    </>
  );
}
