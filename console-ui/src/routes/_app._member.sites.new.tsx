/** The page at /sites/new. */
import { createFileRoute } from '@tanstack/react-router';
import { NewSite } from '../sites/NewSite';

export const Route = createFileRoute('/_app/_member/sites/new')({ component: NewSite });
