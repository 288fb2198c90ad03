/** A link inside the app: a real address for new tabs, a route change for a plain click. */
import { useRouter } from '@tanstack/react-router';
import type { ComponentPropsWithRef, MouseEvent } from 'react';
import { useKeptHref } from '../grid/kept-lists';

export interface AppLinkProps extends ComponentPropsWithRef<'a'> {
  href: string;
  /** Leads back to a list as it was left, instead of to all of it. */
  back?: boolean;
}

export function AppLink({ href, back = false, onClick, ...rest }: AppLinkProps) {
  const router = useRouter();
  const target = useKeptHref(href, back);
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const other = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || other) return;
    event.preventDefault();
    router.history.push(target);
  };
  return <a className="fh-link" {...rest} href={target} onClick={follow} />;
}
