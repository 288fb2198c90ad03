/** Schema upgrades of every site's store: how the newest one goes, and what the next one would do. */
import { ErrorState, LoadingState, PageHead } from '@freehold/ui-kit';
import { Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Section } from '../../sites/Section';
import { useWords } from '../../words';
import { planQuery, upgradeQuery } from './queries';
import { UpgradePlan } from './UpgradePlan';
import { UpgradeProgress } from './UpgradeProgress';

export function UpgradePage() {
  const word = useWords();
  const queries = useQueryClient();
  const upgrade = useQuery(upgradeQuery);
  const plan = useQuery(planQuery);
  const state = upgrade.data?.state;
  // When an upgrade ends or halts, there is less left to do, and more or fewer sites are set apart.
  useEffect(() => {
    if (state === undefined || state === 'running') return;
    void queries.invalidateQueries({ queryKey: planQuery.queryKey });
    void queries.invalidateQueries({ queryKey: ['fleet', 'tenants'] });
  }, [state, queries]);
  const progress = () => {
    if (upgrade.data) return <UpgradeProgress upgrade={upgrade.data} error={upgrade.error} />;
    if (upgrade.data === null) return <Text c="dimmed">{word('upgrade.none')}</Text>;
    if (upgrade.error) return <ErrorState error={upgrade.error} onRetry={() => void upgrade.refetch()} />;
    return <LoadingState rows={3} />;
  };
  return (
    <>
      <PageHead title={word('upgrades')} lead={word('upgrades.lead')} />
      <Stack gap="lg">
        <Section title={word('upgrade.newest')}>{progress()}</Section>
        <UpgradePlan
          plan={plan.data}
          error={plan.error}
          busy={plan.isFetching}
          onLook={() => void plan.refetch()}
          unfinished={upgrade.data === undefined || state === 'running' || state === 'halted'}
        />
      </Stack>
    </>
  );
}
