/** The page at /me. */
import { createFileRoute } from '@tanstack/react-router';
import { Me } from '../me/Me';

export const Route = createFileRoute('/_app/me')({ component: Me });
