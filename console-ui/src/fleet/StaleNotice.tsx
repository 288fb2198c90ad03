/** Says that what is shown could not be asked anew, and of when it is. */
import { asApiError, IconAlertTriangle, Time, useReason } from '@freehold/ui-kit';
import { Alert } from '@mantine/core';
import { useWords } from '../words';

export function StaleNotice({ error, at }: { error: unknown; at: string }) {
  const word = useWords();
  const reason = useReason();
  if (!error) return null;
  return (
    <Alert role="alert" color="red" icon={<IconAlertTriangle size={18} />}>
      {reason(asApiError(error))} {word('fleet.as_of')} <Time at={at} seconds />
    </Alert>
  );
}
