/** One site: its state, addresses, recent operations, the calls that show it, and its end. */
import {
  ApiCalls,
  type Command,
  ErrorState,
  IconExternalLink,
  IconPencil,
  LoadingState,
  PageHead,
  useRegisterCommands,
} from '@freehold/ui-kit';
import { Box, Button, SimpleGrid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Site } from '../api';
import { siteQuery } from '../app/queries';
import { useRights } from '../app/session';
import { SiteDomains } from '../domains/SiteDomains';
import { useWords } from '../words';
import { Creation } from './Creation';
import { DeleteSite } from './DeleteSite';
import { FirstDays } from './FirstDays';
import { Section } from './Section';
import { SiteFacts } from './SiteFacts';
import { SiteNotice } from './SiteNotice';
import { SiteOperations } from './SiteOperations';
import { SiteSettings } from './SiteSettings';
import { SiteState } from './SiteState';
import { SiteUsage } from './SiteUsage';
import { useSiteActions } from './useSiteActions';

const route = getRouteApi('/_app/_member/sites/$siteId');

export function SiteOverview() {
  const { siteId } = route.useParams();
  const site = useQuery(siteQuery(siteId));
  if (site.data) return <Overview site={site.data} />;
  if (site.error) return <ErrorState whole error={site.error} onRetry={() => void site.refetch()} />;
  return <LoadingState />;
}

function useApiCalls(site: Site) {
  const word = useWords();
  return useMemo(
    () => [
      {
        title: word('call.posts'),
        method: 'GET' as const,
        url: `${site.url}/api/v1/posts?sort=-published_at&page_size=10`,
      },
      {
        title: word('call.write'),
        method: 'POST' as const,
        url: `${site.url}/api/v1/posts`,
        token: 'ACCESS_TOKEN',
        body: { title: 'Hello', content: 'First *words*.', status: 'published' },
      },
      {
        title: word('call.site'),
        method: 'GET' as const,
        url: `${location.origin}/v1/sites/${site.id}`,
        token: 'SESSION_TOKEN',
      },
    ],
    [site.url, site.id, word],
  );
}

function Overview({ site }: { site: Site }) {
  const word = useWords();
  const { operation } = route.useSearch();
  const navigate = route.useNavigate();
  const { enter, restore, remove } = useSiteActions(site);
  const calls = useApiCalls(site);
  const may = useRights();
  const isReady = site.state === 'ready';
  const mayEnter = isReady && may('sites.write');
  const [openLabel, adminLabel] = [word('site.open'), word('admin.open')];
  const enterAdmin = enter.mutate;
  const commands = useMemo<readonly Command[]>(
    () =>
      mayEnter
        ? [{ id: 'site.admin', label: adminLabel, group: 'do', icon: IconPencil, keys: 'o a', run: () => enterAdmin() }]
        : [],
    [mayEnter, adminLabel, enterAdmin],
  );
  useRegisterCommands(commands);
  return (
    <>
      <PageHead
        title={site.name}
        badge={<SiteState state={site.state} />}
        actions={
          isReady && (
            <>
              <Button
                variant="default"
                component="a"
                href={site.url}
                target="_blank"
                rel="noopener"
                rightSection={<IconExternalLink size={16} />}
              >
                {openLabel}
              </Button>
              {mayEnter && (
                <Button loading={enter.isPending} onClick={() => enter.mutate()}>
                  {adminLabel}
                </Button>
              )}
            </>
          )
        }
      />
      <SiteNotice site={site} restoring={restore.isPending} onRestore={() => restore.mutate()} />
      {operation && (
        <Creation
          id={operation}
          site={site}
          onClose={() => void navigate({ search: { operation: undefined }, replace: true })}
        />
      )}
      {(isReady || site.state === 'provisioning') && <FirstDays site={site} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <SiteFacts site={site} />
        <SiteOperations siteId={site.id} />
      </SimpleGrid>
      {site.state !== 'provisioning' && site.state !== 'failed' && (
        <>
          <SiteDomains site={site} />
          <SiteUsage siteId={site.id} />
        </>
      )}
      {isReady && (
        <Box mt="lg">
          <Section title={word('calls')} lead={word('calls.lead')}>
            <ApiCalls calls={calls} />
          </Section>
        </Box>
      )}
      {may('sites.write') && (isReady || site.state === 'suspended') && <SiteSettings site={site} />}
      {may('sites.delete') && (isReady || site.state === 'suspended') && (
        <DeleteSite site={site} busy={remove.isPending} onDelete={() => remove.mutateAsync()} />
      )}
    </>
  );
}
