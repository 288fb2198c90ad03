/** The admin's frame: its commands, which site it is, and the user's menu. */
import {
  type Command,
  type FindRecords,
  Frame,
  IconApi,
  IconArticle,
  IconExternalLink,
  IconKey,
  IconLayoutDashboard,
  IconPlus,
  IconSettings,
  IconTrash,
  IconUser,
  IconUsers,
  unwrap,
  useRegisterCommands,
} from '@freehold/ui-kit';
import { Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { getApiV1OptionsPublic, getApiV1Posts } from '../api';
import { useMay } from '../me/query';
import { siteOrigin } from '../session/store';
import { useWords } from '../words';
import { PreviewBanner } from './PreviewBanner';
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

/** What the sidebar, the palette and chords lead to, for somebody who may manage the site or not. */
function useCommands(may: (permission: string) => boolean): readonly Command[] {
  const word = useWords();
  return useMemo<readonly Command[]>(() => {
    const go = (id: string, href: string, label: string, sidebar: string, icon: Command['icon'], keys: string) =>
      ({ id, group: 'go', href, label, sidebar, icon, keys }) satisfies Command;
    const [content, people] = [word('nav.content'), word('nav.people')];
    return [
      go('dashboard', '/', word('dashboard'), '', IconLayoutDashboard, 'g d'),
      go('posts', '/posts', word('posts'), content, IconArticle, 'g p'),
      go('trash', '/posts/trash', word('trash.posts'), content, IconTrash, 'g b'),
      ...(may('users.manage') ? [go('users', '/users', word('users'), people, IconUsers, 'g u')] : []),
      go('me', '/me', word('me'), people, IconUser, 'g m'),
      go('tokens', '/tokens', word('tokens'), people, IconKey, 'g t'),
      ...(may('options.manage') ? [go('settings', '/settings', word('settings'), '', IconSettings, 'g s')] : []),
      go('api', '/api', word('api'), '', IconApi, 'g a'),
      { id: 'post.new', group: 'create', href: '/posts/edit', label: word('post.new'), icon: IconPlus, keys: 'c p' },
      {
        id: 'site.open',
        group: 'do',
        label: word('site.open'),
        icon: IconExternalLink,
        run: () => window.open(siteOrigin(), '_blank', 'noopener'),
      },
    ];
  }, [word, may]);
}

export function AdminFrame({ children }: { children: ReactNode }) {
  const word = useWords();
  const may = useMay();
  const commands = useCommands(may);
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
      <PreviewBanner />
      {children}
    </Frame>
  );
}
