/** The fleet's address alone leads to the workers. */
import { createFileRoute, Navigate } from '@tanstack/react-router';

export const Route = createFileRoute('/_app/fleet/')({ component: () => <Navigate to="/fleet/workers" replace /> });
