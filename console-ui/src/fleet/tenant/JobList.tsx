/** A tenant's jobs and deliveries by state, each with why it failed; those given up can be run again. */
import {
  type Column,
  DataGrid,
  EmptyState,
  IconListCheck,
  NothingMatches,
  RowButton,
  Time,
  unwrap,
  useNumbers,
} from '@freehold/ui-kit';
import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Job, postV1FleetTenantsIdJobsJobIdRetry, type Tenant } from '../../api';
import { operatorClient as client } from '../../app/clients';
import { useWords } from '../../words';
import { useFleetAction } from '../useFleetAction';
import { JobState, useJobStates } from './JobState';
import { jobsQuery, workQuery } from './queries';
import type { WorkSearch } from './search';
import { useGrowingGrid } from './useGrowingGrid';

interface JobListProps {
  tenant: Tenant;
  search: WorkSearch;
  onFilter: (change: Partial<WorkSearch>) => void;
}

/** The moment that matters in a job's state, and what it is. */
function momentOf(job: Job) {
  if (job.finished_at) return { key: 'job.at.finished', at: job.finished_at } as const;
  if (job.state === 'running' && job.started_at) return { key: 'job.at.started', at: job.started_at } as const;
  return { key: 'job.at.due', at: job.due_at } as const;
}

function Moment({ job }: { job: Job }) {
  const word = useWords();
  const { key, at } = momentOf(job);
  return (
    <>
      {word(key)} <Time at={at} seconds />
    </>
  );
}

function useColumns(): Column<Job>[] {
  const word = useWords();
  const { count } = useNumbers();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('job'),
        cell: (job) => (
          <>
            <Text size="sm" fw={500} className="fh-wrap">
              {job.name}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace" className="fh-wrap">
              {job.event_id ?? job.id}
            </Text>
            <Text size="xs" c="dimmed" component="div" className="fh-narrow-only">
              <Moment job={job} />
            </Text>
            {job.error && job.state !== 'done' && (
              <Text size="xs" c="var(--mantine-color-error)" className="fh-wrap">
                {job.error}
              </Text>
            )}
          </>
        ),
      },
      { id: 'state', label: word('state'), cell: (job) => <JobState job={job} /> },
      {
        id: 'attempts',
        label: word('job.attempts'),
        align: 'right',
        wideOnly: true,
        cell: (job) =>
          job.failures + job.cut_offs > 0
            ? word('job.attempts.failed', { count: job.attempts, failed: count(job.failures + job.cut_offs) })
            : count(job.attempts),
      },
      {
        id: 'at',
        label: word('job.at'),
        wideOnly: true,
        cell: (job) => <Moment job={job} />,
      },
    ],
    [word, count],
  );
}

export function JobList({ tenant, search, onFilter }: JobListProps) {
  const word = useWords();
  const list = useInfiniteQuery(jobsQuery(tenant.id, search.state));
  const columns = useColumns();
  const grid = useGrowingGrid(list);
  const retry = useFleetAction({
    act: async (jobs: readonly Job[]) => {
      for (const { id } of jobs) {
        await unwrap(postV1FleetTenantsIdJobsJobIdRetry({ client, path: { id: tenant.id, job_id: id } }));
      }
    },
    done: (jobs) => word('job.retry.done', { count: jobs.length }),
  });
  const isDead = search.state === 'dead';
  return (
    <DataGrid
      label={word('work.jobs')}
      columns={columns}
      {...grid}
      rowId={(job) => job.id}
      rowName={(job) => `${job.name} ${job.id}`}
      toolbar={<JobStates tenant={tenant} search={search} onFilter={onFilter} />}
      empty={
        search.state ? (
          <NothingMatches onClear={() => onFilter({ state: undefined })} />
        ) : (
          <EmptyState icon={<IconListCheck size={28} />} title={word('jobs.none.title')}>
            {word('jobs.none')}
          </EmptyState>
        )
      }
      bulk={
        isDead
          ? (jobs, done) => (
              <Button
                size="compact-sm"
                variant="default"
                loading={retry.isPending}
                onClick={() => retry.mutate(jobs, { onSettled: done })}
              >
                {word('job.retry')}
              </Button>
            )
          : undefined
      }
      actions={(job) =>
        job.state === 'dead' && (
          <RowButton
            label={word('job.retry')}
            of={`${job.name} ${job.id}`}
            busy={retry.isPending && retry.variables?.[0]?.id === job.id}
            onClick={() => retry.mutate([job])}
          />
        )
      }
    />
  );
}

/** How many there are in each state; one of them shows those alone. */
function JobStates({ tenant, search, onFilter }: JobListProps) {
  const word = useWords();
  const { count } = useNumbers();
  const states = useJobStates();
  const { data: work } = useQuery(workQuery(tenant.id));
  const countOf = (state: string) => work?.jobs.find((row) => row.state === state)?.jobs ?? 0;
  const choices = [{ value: undefined, label: word('jobs.all') }, ...states];
  return (
    <Group gap="xs" role="group" aria-label={word('state')}>
      {choices.map(({ value, label }) => (
        <Button
          key={value ?? ''}
          size="compact-sm"
          variant={search.state === value ? 'light' : 'default'}
          aria-pressed={search.state === value}
          onClick={() => onFilter({ state: value })}
        >
          {value && work ? word('jobs.count', { state: label, jobs: count(countOf(value)) }) : label}
        </Button>
      ))}
    </Group>
  );
}
