/** A link inside the app: a real address for new tabs, a route change for a plain click. */
import { useRouter } from '@tanstack/react-router';
import type { ComponentPropsWithRef, MouseEvent } from 'react';

export type AppLinkProps = ComponentPropsWithRef<'a'> & { href: string };

export function AppLink({ href, onClick, ...rest }: AppLinkProps) {
  const router = useRouter();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const other = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || other) return;
    event.preventDefault();
    router.history.push(href);
  };
  return <a className="fh-link" {...rest} href={href} onClick={follow} />;
}
