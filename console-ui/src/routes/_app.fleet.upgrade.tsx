/** The page at /fleet/upgrade. */
import { createFileRoute } from '@tanstack/react-router';
import { UpgradePage } from '../fleet/upgrade/UpgradePage';

export const Route = createFileRoute('/_app/fleet/upgrade')({ component: UpgradePage });
