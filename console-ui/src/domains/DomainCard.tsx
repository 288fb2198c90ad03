/** One domain: how far it is, the records that prove it, who has to do what next, and its end. */
import { ConfirmDialog, CopyButton, RowButton, Time } from '@freehold/ui-kit';
import { Badge, Box, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Domain, DomainRecord, DomainStep } from '../api';
import { useWords } from '../words';
import { useDomainActions } from './useDomainActions';

const STATES = {
  pending: { key: 'domain.pending', color: 'gray' },
  active: { key: 'domain.active', color: 'evergreen' },
  failing: { key: 'domain.failing', color: 'orange' },
  inactive: { key: 'domain.inactive', color: 'red' },
} as const;

const STEP_STATES = {
  done: { key: 'step.done', color: 'evergreen' },
  waiting: { key: 'step.waiting', color: 'gray' },
  failed: { key: 'step.failed', color: 'red' },
} as const;

const PROBLEMS = {
  no_record: 'domain.no_record',
  wrong_value: 'domain.wrong_value',
  server_failure: 'domain.server_failure',
  no_answer: 'domain.no_answer',
} as const;

interface DomainCardProps {
  siteId: string;
  domain: Domain;
  mayWrite: boolean;
}

export function DomainCard({ siteId, domain, mayWrite }: DomainCardProps) {
  const word = useWords();
  const { check, choose, remove } = useDomainActions(siteId, domain);
  const [opened, dialog] = useDisclosure(false);
  const { hostname, state, canonical } = domain;
  const isProved = state === 'active' || state === 'failing';
  return (
    <Box component="li" style={{ listStyle: 'none' }} aria-label={hostname}>
      <Group justify="space-between" gap="sm">
        <Group gap="xs" miw={0}>
          <Text fw={500} className="fh-wrap">
            {isProved ? (
              <a className="fh-link" href={domain.url} target="_blank" rel="noopener">
                {hostname}
              </a>
            ) : (
              hostname
            )}
          </Text>
          <Badge color={STATES[state].color}>{word(STATES[state].key)}</Badge>
          {canonical && <Badge color="evergreen">{word('domain.canonical')}</Badge>}
        </Group>
        {mayWrite && (
          <Group gap="xs">
            {state !== 'active' && (
              <RowButton
                of={hostname}
                label={word('domain.check')}
                busy={check.isPending}
                onClick={() => check.mutate()}
              />
            )}
            {isProved && (
              <RowButton
                of={hostname}
                label={canonical ? word('domain.canonical.undo') : word('domain.canonical.do')}
                busy={choose.isPending}
                onClick={() => choose.mutate(!canonical)}
              />
            )}
            <RowButton of={hostname} label={word('domain.remove')} onClick={dialog.open} />
          </Group>
        )}
      </Group>
      {state !== 'active' && <Proof domain={domain} />}
      <ConfirmDialog
        opened={opened}
        onClose={dialog.close}
        title={word('domain.remove.ask', { name: hostname })}
        confirm={word('domain.remove')}
        typed={isProved ? hostname : undefined}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined, { onSettled: dialog.close })}
      >
        {word('domain.remove.meaning', { name: hostname })}
      </ConfirmDialog>
    </Box>
  );
}

function Proof({ domain }: { domain: Domain }) {
  const word = useWords();
  return (
    <Stack gap="sm" mt="sm">
      {domain.records.length > 0 && (
        <>
          <Text size="sm">{word('domain.records')}</Text>
          {domain.records.map((record) => (
            <Record key={record.type} record={record} />
          ))}
        </>
      )}
      <Stack component="ol" gap={6} p={0} m={0}>
        {domain.steps.map((step) => (
          <Step key={step.name} step={step} />
        ))}
      </Stack>
      {domain.checked_at && (
        <Text size="xs" c="dimmed" component="div">
          {word('domain.checked')} <Time at={domain.checked_at} seconds />
        </Text>
      )}
    </Stack>
  );
}

function Record({ record }: { record: DomainRecord }) {
  const word = useWords();
  return (
    <Box className="fh-code" p="sm">
      <Text size="xs" c="dimmed">
        {record.type}
      </Text>
      {[[word('domain.record.name'), record.name] as const, [word('domain.record.value'), record.value] as const].map(
        ([label, value]) => (
          <Group key={label} justify="space-between" wrap="nowrap" gap="sm" mt={4}>
            <Text size="sm" ff="monospace" className="fh-wrap" miw={0}>
              {value}
            </Text>
            <CopyButton value={value} what={`${record.type}, ${label}`} />
          </Group>
        ),
      )}
    </Box>
  );
}

function Step({ step }: { step: DomainStep }) {
  const word = useWords();
  const isOwners = step.owner === 'you';
  return (
    <Box component="li" style={{ listStyle: 'none' }}>
      <Group gap="xs">
        <Badge color={STEP_STATES[step.state].color}>{word(STEP_STATES[step.state].key)}</Badge>
        <Text size="sm">{step.name === 'ownership' ? word('domain.ownership') : word('domain.routed')}</Text>
        {step.state !== 'done' && (
          <Text size="xs" c="dimmed">
            {isOwners ? word('domain.by.you') : word('domain.by.platform')}
          </Text>
        )}
      </Group>
      {step.problem && (
        <Text size="sm" mt={2} className="fh-wrap">
          {word(PROBLEMS[step.problem], { seen: step.seen ?? '' })}
        </Text>
      )}
      {step.next_check && (
        <Text size="xs" c="dimmed" component="div">
          {word('domain.next')} <Time at={step.next_check} seconds />
        </Text>
      )}
    </Box>
  );
}
