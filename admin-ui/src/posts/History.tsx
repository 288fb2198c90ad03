/** What a post was before: who wrote it and when, what differs from now, and the way back. */
import {
  asApiError,
  EmptyState,
  ErrorState,
  IconHistory,
  LoadingState,
  Time,
  toast,
  toastProblem,
  unwrap,
  unwrapWithResponse,
} from '@freehold/ui-kit';
import { Badge, Box, Button, Drawer, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  getApiV1PostsSlugVersions,
  getApiV1PostsSlugVersionsVersion,
  type Post,
  type PostVersion,
  postApiV1PostsSlugVersionsVersionRestore,
} from '../api';
import { useWords } from '../words';
import { type Tagged, tagged } from './queries';

const versionsQuery = (slug: string) =>
  queryOptions({
    queryKey: ['posts', 'versions', slug],
    queryFn: () => unwrap(getApiV1PostsSlugVersions({ path: { slug } })),
  });

const versionQuery = (slug: string, version: number) =>
  queryOptions({
    queryKey: ['posts', 'versions', slug, version],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => unwrap(getApiV1PostsSlugVersionsVersion({ path: { slug, version: String(version) } })),
  });

interface HistoryProps {
  saved: Tagged;
  opened: boolean;
  onClose: () => void;
  onRestored: (next: Tagged) => void;
}

export function History({ saved, opened, onClose, onRestored }: HistoryProps) {
  const word = useWords();
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={word('history')}>
      <Versions saved={saved} onRestored={onRestored} />
    </Drawer>
  );
}

function Versions({ saved, onRestored }: Pick<HistoryProps, 'saved' | 'onRestored'>) {
  const word = useWords();
  const { slug } = saved.post;
  const [shown, setShown] = useState<number | null>(null);
  const list = useQuery({ ...versionsQuery(slug), refetchOnMount: 'always' });
  if (!list.data) {
    return list.error ? <ErrorState error={list.error} onRetry={() => void list.refetch()} /> : <LoadingState />;
  }
  if (list.data.items.length === 0) {
    return (
      <EmptyState icon={<IconHistory size={28} />} title={word('history.none.title')}>
        {word('history.none')}
      </EmptyState>
    );
  }
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {word('history.lead')}
      </Text>
      <Stack component="ul" gap="sm" p={0} m={0}>
        {list.data.items.map((version) => (
          <VersionItem
            key={version.version}
            version={version}
            saved={saved}
            isShown={shown === version.version}
            onToggle={() => setShown(shown === version.version ? null : version.version)}
            onRestored={onRestored}
          />
        ))}
      </Stack>
    </Stack>
  );
}

interface VersionItemProps extends Pick<HistoryProps, 'saved' | 'onRestored'> {
  version: PostVersion;
  isShown: boolean;
  onToggle: () => void;
}

function VersionItem({ version, saved, isShown, onToggle, onRestored }: VersionItemProps) {
  const word = useWords();
  const isPublished = version.status === 'published';
  return (
    <Box component="li" className="fh-surface" p="sm">
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Box miw={0}>
          <Text size="sm" fw={500} className="fh-wrap">
            {version.title}
          </Text>
          <Group gap="xs">
            <Text size="xs" c="dimmed" component="div">
              <Time at={version.written_at} seconds /> {version.editor && `· ${version.editor.username}`}
            </Text>
            <Badge color={isPublished ? 'evergreen' : 'gray'}>
              {isPublished ? word('post.status.published') : word('post.status.draft')}
            </Badge>
          </Group>
        </Box>
        <Button size="compact-sm" variant="default" aria-expanded={isShown} onClick={onToggle}>
          {word('history.compare')}
        </Button>
      </Group>
      {isShown && <Comparison version={version.version} saved={saved} onRestored={onRestored} />}
    </Box>
  );
}

function Comparison({ version, saved, onRestored }: Pick<HistoryProps, 'saved' | 'onRestored'> & { version: number }) {
  const word = useWords();
  const queries = useQueryClient();
  const { slug } = saved.post;
  const was = useQuery(versionQuery(slug, version));
  const restore = useMutation({
    mutationFn: async () =>
      tagged(
        await unwrapWithResponse(
          postApiV1PostsSlugVersionsVersionRestore({
            path: { slug, version: String(version) },
            headers: { 'If-Match': saved.etag },
          }),
        ),
      ),
    onError: (error) => toastProblem(word('history.failed'), asApiError(error)),
    onSuccess: (next) => {
      onRestored(next);
      void queries.invalidateQueries({ queryKey: ['posts'], predicate: ({ queryKey }) => queryKey[1] !== 'one' });
      toast(word('history.restored'));
    },
  });
  if (!was.data) {
    return was.error ? <ErrorState error={was.error} onRetry={() => void was.refetch()} /> : <LoadingState rows={2} />;
  }
  const differing = differences(was.data, saved.post);
  return (
    <Stack gap="sm" mt="sm">
      {differing.length === 0 && <Text size="sm">{word('history.same')}</Text>}
      {differing.map(({ field, before, now }) => (
        <div key={field}>
          <Text size="sm" fw={600}>
            {word(FIELDS[field])}
          </Text>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Side label={word('history.then')} text={before} />
            <Side label={word('history.now')} text={now} />
          </SimpleGrid>
        </div>
      ))}
      <Group>
        <Button size="compact-sm" loading={restore.isPending} onClick={() => restore.mutate()}>
          {word('history.restore')}
        </Button>
      </Group>
    </Stack>
  );
}

const FIELDS = { title: 'post.title', content: 'post.content', excerpt: 'post.excerpt' } as const;

function differences(was: { title: string; content: string; excerpt?: string | null }, post: Post) {
  const pairs = [
    { field: 'title' as const, before: was.title, now: post.title },
    { field: 'content' as const, before: was.content, now: post.content },
    // What nobody wrote is made from the text, and differs with it.
    { field: 'excerpt' as const, before: was.excerpt ?? '', now: was.excerpt ? post.excerpt : '' },
  ];
  return pairs.filter(({ before, now }) => before !== now);
}

function Side({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" className="fh-wrap fh-pre" component="div">
        {text}
      </Text>
    </div>
  );
}
