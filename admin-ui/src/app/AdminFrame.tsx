/** The admin's frame: its commands, which site it is, and the user's menu. */
import {
  type Command,
  type FindRecords,
  Frame,
  IconArticle,
  IconExternalLink,
  IconLayoutDashboard,
  IconPlus,
  IconSettings,
  IconUser,
  unwrap,
  useRegisterCommands,
} from '@freehold/ui-kit';
import { Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { getApiV1OptionsPublic, getApiV1Posts } from '../api';
import { meQuery } from '../me/query';
import { siteOrigin } from '../session/store';
import { useWords } from '../words';
import { UserMenu } from './UserMenu';

const FOUND_MAX = 6;

const findPosts: FindRecords = async (q) => {
  const page = await unwrap(getApiV1Posts({ query: { q, page_size: FOUND_MAX, fields: 'title,slug,status' } }));
  return page.items.map((post) => ({
    id: post.id,
    label: post.title,
    detail: post.slug,
    href: `/posts/edit?post=${encodeURIComponent(post.slug)}`,
  }));
};

/** What the site is called; asked anew with the settings. */
const titleQuery = queryOptions({
  queryKey: ['options', 'title'],
  queryFn: async () => String((await unwrap(getApiV1OptionsPublic())).site_title ?? ''),
});

export function AdminFrame({ children }: { children: ReactNode }) {
  const word = useWords();
  const me = useQuery(meQuery);
  const mayManage = me.data?.role === 'admin' || me.data?.role === 'owner';
  const labels = [
    word('dashboard'),
    word('posts'),
    word('me'),
    word('post.new'),
    word('nav.content'),
    word('nav.people'),
    word('site.open'),
    word('settings'),
  ].join('\n');
  const commands = useMemo<readonly Command[]>(() => {
    const [dashboard = '', posts = '', me = '', create = '', content = '', people = '', open = '', settings = ''] =
      labels.split('\n');
    return [
      {
        id: 'dashboard',
        group: 'go',
        href: '/',
        label: dashboard,
        sidebar: '',
        icon: IconLayoutDashboard,
        keys: 'g d',
      },
      { id: 'posts', group: 'go', href: '/posts', label: posts, sidebar: content, icon: IconArticle, keys: 'g p' },
      { id: 'me', group: 'go', href: '/me', label: me, sidebar: people, icon: IconUser, keys: 'g m' },
      ...(mayManage
        ? [
            {
              id: 'settings',
              group: 'go',
              href: '/settings',
              label: settings,
              sidebar: '',
              icon: IconSettings,
              keys: 'g s',
            } satisfies Command,
          ]
        : []),
      { id: 'post.new', group: 'create', href: '/posts/edit', label: create, icon: IconPlus, keys: 'c p' },
      {
        id: 'site.open',
        group: 'do',
        label: open,
        icon: IconExternalLink,
        run: () => window.open(siteOrigin(), '_blank', 'noopener'),
      },
    ];
  }, [labels, mayManage]);
  useRegisterCommands(commands);
  const site = siteOrigin();
  const title = useQuery(titleQuery).data;
  return (
    <Frame
      name={word('admin')}
      find={findPosts}
      context={
        <Text size="sm" c="dimmed" truncate>
          {[title, site ? new URL(site).host : location.host].filter(Boolean).join(' · ')}
        </Text>
      }
      actions={<UserMenu />}
    >
      {children}
    </Frame>
  );
}
