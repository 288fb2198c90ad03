/** The address that a slug would have, and whether it can be had, while one types. */
import { unwrap } from '@freehold/ui-kit';
import { Button, Group, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { isSlug } from '../account/schemas';
import { getV1Platform, getV1SlugsSlug } from '../api';
import { useWords } from '../words';

const PAUSE_MS = 300;
const FRESH_MS = 10_000;

const platformQuery = queryOptions({
  queryKey: ['platform'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: () => unwrap(getV1Platform()),
});

const slugQuery = (slug: string) =>
  queryOptions({
    queryKey: ['slug', slug],
    enabled: isSlug(slug),
    staleTime: FRESH_MS,
    // It only helps; the form itself says what is wrong.
    retry: false,
    queryFn: () => unwrap(getV1SlugsSlug({ path: { slug } })),
  });

export function SlugHint({ slug, onChoose }: { slug: string; onChoose: (slug: string) => void }) {
  const word = useWords();
  const [settled] = useDebouncedValue(slug, PAUSE_MS);
  const platform = useQuery(platformQuery);
  const check = useQuery(slugQuery(settled));
  const answer = check.data?.slug === slug ? check.data : undefined;
  const suffix = platform.data?.site_suffix;
  const { suggestion } = answer ?? {};
  return (
    <Group gap="xs" aria-live="polite" mih={22}>
      {suffix && isSlug(slug) && (
        <Text size="xs" className="fh-wrap" ff="monospace">
          {slug}.{suffix}
        </Text>
      )}
      {answer?.available && (
        <Text size="xs" fw={500}>
          {word('slug.free')}
        </Text>
      )}
      {answer && !answer.available && (
        <Text size="xs" c="var(--mantine-color-error)" fw={500}>
          {answer.reason === 'taken' ? word('slug.taken') : word('slug.kept')}
        </Text>
      )}
      {suggestion && (
        <Button size="compact-xs" variant="default" onClick={() => onChoose(suggestion)}>
          {word('slug.use', { slug: suggestion })}
        </Button>
      )}
    </Group>
  );
}
