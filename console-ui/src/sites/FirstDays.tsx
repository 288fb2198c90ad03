/**
 * What is left to do with a new site, and how: shown until all of it is done or until somebody puts it
 * away, which holds for this site and this person on this device.
 */
import { AppLink, IconCircleCheck, IconCircleDashed } from '@freehold/ui-kit';
import { Box, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useResend } from '../account/useResend';
import type { Me, Site } from '../api';
import { meQuery } from '../app/session';
import { HOSTNAME_FIELD } from '../domains/field';
import { useWords } from '../words';
import { Section } from './Section';
import { type FirstStep, useFirstSteps } from './useFirstSteps';
import { useHidden } from './useHidden';

const WORDS = {
  live: { title: 'first.live', how: 'first.live.how' },
  verified: { title: 'first.verified', how: 'first.verified.how' },
  domain: { title: 'first.domain', how: 'first.domain.how' },
  member: { title: 'first.member', how: 'first.member.how' },
  key: { title: 'first.key', how: 'first.key.how' },
} as const satisfies Record<FirstStep['id'], { title: string; how: string }>;

export function FirstDays({ site }: { site: Site }) {
  const { data: me } = useQuery(meQuery);
  return me ? <Unhidden key={site.id} site={site} me={me} /> : null;
}

/** What is put away asks for nothing, either. */
function Unhidden({ site, me }: { site: Site; me: Me }) {
  const [hidden, hide] = useHidden(`first-days.${site.id}.${me.member_id ?? me.email ?? ''}`);
  return hidden ? null : <Steps site={site} me={me} onHide={hide} />;
}

function Steps({ site, me, onHide }: { site: Site; me: Me; onHide: () => void }) {
  const word = useWords();
  const steps = useFirstSteps(site, me);
  if (!steps.some(({ done }) => done === false)) return null;
  const done = steps.filter((step) => step.done).length;
  return (
    <Box mb="lg">
      <Section title={word('first')} lead={word('first.lead', { done, all: steps.length })}>
        <Stack component="ul" gap="md" p={0} m={0}>
          {steps.map((step) => (
            <Step key={step.id} step={step} action={<Action id={step.id} me={me} />} />
          ))}
        </Stack>
        <Group justify="flex-end" mt="md">
          <Button size="compact-sm" variant="subtle" onClick={onHide}>
            {word('first.hide')}
          </Button>
        </Group>
      </Section>
    </Box>
  );
}

function Step({ step: { id, done }, action }: { step: FirstStep; action: ReactNode }) {
  const word = useWords();
  const { title, how } = WORDS[id];
  return (
    <Group component="li" gap="sm" wrap="nowrap" align="flex-start" style={{ listStyle: 'none' }}>
      <Box c={done ? 'var(--mantine-primary-color-filled)' : 'dimmed'} pt={2} lh={0}>
        {done ? <IconCircleCheck size={20} aria-hidden="true" /> : <IconCircleDashed size={20} aria-hidden="true" />}
      </Box>
      <Group justify="space-between" gap="xs" flex={1} miw={0}>
        <Box flex="1 1 260px" miw={0}>
          <Text size="sm" fw={500} c={done ? 'dimmed' : undefined}>
            {word(title)}
            {done !== undefined && <span className="fh-hidden">{done ? word('first.done') : word('first.todo')}</span>}
          </Text>
          {done === undefined && <Skeleton height={12} mt={6} maw={220} />}
          {done === false && (
            <Text size="sm" c="dimmed">
              {word(how)}
            </Text>
          )}
        </Box>
        {done === false && action}
      </Group>
    </Group>
  );
}

function Action({ id, me }: { id: FirstStep['id']; me: Me }) {
  const word = useWords();
  const resend = useResend();
  const link = (href: string, label: string) => (
    <Button size="compact-sm" variant="default" component={AppLink} className="" href={href}>
      {label}
    </Button>
  );
  switch (id) {
    case 'live':
      return null;
    case 'verified':
      return me.email ? (
        <Button
          size="compact-sm"
          variant="default"
          loading={resend.isPending}
          onClick={() => me.email && resend.mutate(me.email)}
        >
          {word('first.verified.do')}
        </Button>
      ) : null;
    case 'domain':
      return (
        <Button size="compact-sm" variant="default" onClick={() => document.getElementById(HOSTNAME_FIELD)?.focus()}>
          {word('first.domain.do')}
        </Button>
      );
    case 'member':
      return link('/account/members', word('invite'));
    case 'key':
      return link('/account/keys', word('key.new'));
  }
}
