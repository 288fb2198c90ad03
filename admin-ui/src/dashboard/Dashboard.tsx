/** The first screen: the site in figures, what was worked on last, and what to do next. */
import {
  ApiCalls,
  AppLink,
  EmptyState,
  ErrorState,
  IconArticle,
  IconPlus,
  LoadingState,
  PageHead,
  Time,
  unwrap,
} from '@freehold/ui-kit';
import { Badge, Box, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getApiV1Posts } from '../api';
import { useMay } from '../me/query';
import { editorHref } from '../posts/resource';
import { siteOrigin } from '../session/store';
import { useWords } from '../words';
import { Figures } from './Figures';

const NEWEST = 6;

const newestQuery = {
  queryKey: ['posts', 'newest'],
  queryFn: () =>
    unwrap(
      getApiV1Posts({ query: { sort: '-updated_at', page_size: NEWEST, fields: 'title,slug,status,updated_at' } }),
    ),
};

function Newest() {
  const word = useWords();
  const newest = useQuery(newestQuery);
  const body = () => {
    if (!newest.data) {
      return newest.error ? (
        <ErrorState error={newest.error} onRetry={() => void newest.refetch()} />
      ) : (
        <LoadingState />
      );
    }
    if (newest.data.items.length === 0) {
      return (
        <EmptyState icon={<IconArticle size={28} />} title={word('posts.none.title')}>
          {word('posts.none')}
        </EmptyState>
      );
    }
    return (
      <Stack gap="sm">
        {newest.data.items.map((post) => (
          <Group key={post.id} justify="space-between" wrap="nowrap">
            <div>
              <AppLink href={editorHref(post.slug)}>{post.title}</AppLink>
              <Text size="xs" c="dimmed" component="div">
                <Time at={post.updated_at} />
              </Text>
            </div>
            <Badge color={post.status === 'published' ? 'evergreen' : 'gray'}>
              {post.status === 'published' ? word('post.status.published') : word('post.status.draft')}
            </Badge>
          </Group>
        ))}
      </Stack>
    );
  };
  return (
    <Box className="fh-surface" p="lg" component="section" aria-label={word('dashboard.newest')}>
      <Title order={2} fz="md" mb="md">
        {word('dashboard.newest')}
      </Title>
      {body()}
    </Box>
  );
}

export function Dashboard() {
  const word = useWords();
  const may = useMay();
  const mayReadFigures = may('stats.read');
  const mayManage = may('users.manage');
  const calls = useMemo(
    () => [
      {
        title: word('call.posts'),
        method: 'GET' as const,
        url: `${siteOrigin()}/api/v1/posts?sort=-published_at&page_size=10`,
      },
      {
        title: word('call.counts'),
        method: 'GET' as const,
        url: `${siteOrigin()}/api/v1/posts?aggregate[count]=*&group_by=status`,
        token: 'ACCESS_TOKEN',
      },
    ],
    [word],
  );
  return (
    <>
      <PageHead
        title={word('dashboard')}
        lead={word('dashboard.lead')}
        actions={
          <Button
            component={AppLink}
            className=""
            href="/posts/edit"
            leftSection={<IconPlus size={16} aria-hidden="true" />}
          >
            {word('post.new')}
          </Button>
        }
      />
      <Stack gap="lg">
        {mayReadFigures && <Figures mayManage={mayManage} />}
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
          <Newest />
          <Box className="fh-surface" p="lg" component="section" aria-label={word('calls')} miw={0}>
            <Title order={2} fz="md" mb="md">
              {word('calls')}
            </Title>
            <ApiCalls calls={calls} />
          </Box>
        </SimpleGrid>
      </Stack>
    </>
  );
}
