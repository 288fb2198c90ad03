/** The first screen: how many posts there are, what was worked on last, and what to do next. */
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
  useNumbers,
} from '@freehold/ui-kit';
import { Badge, Box, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getApiV1Posts, type Post } from '../api';
import { editorHref } from '../posts/resource';
import { siteOrigin } from '../session/store';
import { useWords } from '../words';

const NEWEST = 6;

interface StatusCount {
  status: Post['status'];
  count: number;
}

/** How many posts there are of each status, counted by the API. */
const countsQuery = {
  queryKey: ['posts', 'counts'],
  queryFn: async () => {
    const page = await unwrap(getApiV1Posts({ query: { aggregate: { count: '*' }, group_by: 'status' } }));
    const groups = page.items as unknown as StatusCount[];
    const of = (status: Post['status']) => groups.find((group) => group.status === status)?.count ?? 0;
    return { published: of('published'), draft: of('draft') };
  },
};

const newestQuery = {
  queryKey: ['posts', 'newest'],
  queryFn: () =>
    unwrap(
      getApiV1Posts({ query: { sort: '-updated_at', page_size: NEWEST, fields: 'title,slug,status,updated_at' } }),
    ),
};

function Counts() {
  const word = useWords();
  const { count } = useNumbers();
  const counts = useQuery(countsQuery);
  if (!counts.data) {
    return counts.error ? (
      <ErrorState error={counts.error} onRetry={() => void counts.refetch()} />
    ) : (
      <LoadingState rows={2} />
    );
  }
  const { published, draft } = counts.data;
  const figures = [
    {
      label: word('dashboard.published'),
      value: published,
      href: '/posts?filter=%7B%22status%22%3A%22published%22%7D',
    },
    { label: word('dashboard.drafts'), value: draft, href: '/posts?filter=%7B%22status%22%3A%22draft%22%7D' },
    { label: word('dashboard.all'), value: published + draft, href: '/posts' },
  ];
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }}>
      {figures.map(({ label, value, href }) => (
        <Box key={label} className="fh-surface" p="md">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text fz={28} fw={600} className="fh-num">
            {count(value)}
          </Text>
          <Text size="sm">
            <AppLink href={href} aria-label={`${word('dashboard.show')}: ${label}`}>
              {word('dashboard.show')}
            </AppLink>
          </Text>
        </Box>
      ))}
    </SimpleGrid>
  );
}

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
        <Counts />
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
