/** The site in figures: how much there is, and what the last thirty days brought. */
import { AppLink, ErrorState, LoadingState, unwrap, useLocale, useNumbers } from '@freehold/ui-kit';
import { Box, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getApiV1AdminStats, type SiteStats } from '../api';
import { useWords } from '../words';

const statsQuery = { queryKey: ['posts', 'stats'], queryFn: () => unwrap(getApiV1AdminStats()) };

const filtered = (status: string) => `/posts?filter=${encodeURIComponent(JSON.stringify({ status }))}`;

export function Figures({ mayManage }: { mayManage: boolean }) {
  const stats = useQuery(statsQuery);
  if (stats.data) return <Shown stats={stats.data} mayManage={mayManage} />;
  return stats.error ? (
    <ErrorState error={stats.error} onRetry={() => void stats.refetch()} />
  ) : (
    <LoadingState rows={2} />
  );
}

function Shown({ stats, mayManage }: { stats: SiteStats; mayManage: boolean }) {
  const word = useWords();
  const { count } = useNumbers();
  const { posts, users } = stats;
  const figures = [
    { label: word('dashboard.published'), value: posts.published, href: filtered('published') },
    { label: word('dashboard.drafts'), value: posts.drafts, href: filtered('draft') },
    { label: word('dashboard.trashed'), value: posts.trashed, href: '/posts/trash' },
    { label: word('users'), value: users.total, href: mayManage ? '/users' : undefined },
  ];
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        {figures.map(({ label, value, href }) => (
          <Box key={label} className="fh-surface" p="md">
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text fz={28} fw={600} className="fh-num">
              {count(value)}
            </Text>
            {href && (
              <Text size="sm">
                <AppLink href={href} aria-label={`${word('dashboard.show')}: ${label}`}>
                  {word('dashboard.show')}
                </AppLink>
              </Text>
            )}
          </Box>
        ))}
      </SimpleGrid>
      <Box className="fh-surface" p="lg" component="section" aria-label={word('dashboard.days')}>
        <Title order={2} fz="md" mb="md">
          {word('dashboard.days')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
          <Bars
            label={word('dashboard.days.posts')}
            days={stats.days.map(({ day, posts: value }) => ({ day, value }))}
          />
          <Bars
            label={word('dashboard.days.users')}
            days={stats.days.map(({ day, users: value }) => ({ day, value }))}
          />
        </SimpleGrid>
      </Box>
    </Stack>
  );
}

interface BarsProps {
  label: string;
  days: readonly { day: string; value: number }[];
}

const WIDTH = 300;
const HEIGHT = 56;

/** One bar a day. What it shows stands beside it in words, so it is no more than a picture. */
function Bars({ label, days }: BarsProps) {
  const word = useWords();
  const locale = useLocale();
  const { count } = useNumbers();
  const total = days.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(1, ...days.map(({ value }) => value));
  const step = WIDTH / Math.max(1, days.length);
  const date = (day: string) =>
    new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
  return (
    <div>
      <Text size="sm">
        {label}: <strong className="fh-num">{count(total)}</strong>
      </Text>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width="100%" height={HEIGHT} preserveAspectRatio="none" role="img">
        <title>{word('dashboard.days.chart', { label, count: total })}</title>
        {days.map(({ day, value }, index) => {
          const height = Math.max(1, (value / most) * HEIGHT);
          return (
            <rect
              key={day}
              x={index * step + 1}
              y={HEIGHT - height}
              width={Math.max(1, step - 2)}
              height={height}
              fill={value > 0 ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-default-border)'}
            >
              <title>{`${date(day)}: ${count(value)}`}</title>
            </rect>
          );
        })}
      </svg>
      <Text size="xs" c="dimmed">
        {days[0] && date(days[0].day)} – {days.at(-1) && date(days.at(-1)?.day ?? '')}
      </Text>
    </div>
  );
}
