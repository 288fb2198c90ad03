/** One's own API tokens: what each may, when it was used last and when it ends. */
import {
  asApiError,
  type Column,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  IconKey,
  IconPlus,
  PageHead,
  RowButton,
  Time,
  toast,
  toastProblem,
  unwrap,
} from '@freehold/ui-kit';
import { Badge, Button, Group, Text } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { type ApiToken, deleteApiV1TokensId, getApiV1Tokens, type Scope } from '../api';
import { useWords } from '../words';
import { NewTokenDialog, type TokenDraft } from './NewTokenDialog';
import { SCOPES } from './scopes';

const route = getRouteApi('/_app/tokens');

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => unwrap(getApiV1Tokens()) });

function useColumns(): Column<ApiToken>[] {
  const word = useWords();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('token.name'),
        cell: (token) => (
          <>
            <Text size="sm" fw={500} className="fh-wrap">
              {token.name}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace">
              {token.prefix}…
            </Text>
          </>
        ),
      },
      {
        id: 'scopes',
        label: word('token.scopes'),
        cell: (token) => (
          <Group gap={4}>
            {token.scopes.map((scope: Scope) => (
              <Badge key={scope} color={scope === 'admin' ? 'orange' : 'gray'}>
                {word(SCOPES[scope].short)}
              </Badge>
            ))}
          </Group>
        ),
      },
      {
        id: 'used',
        label: word('token.used'),
        wideOnly: true,
        cell: (token) => (token.last_used_at ? <Time at={token.last_used_at} /> : word('token.never')),
      },
      {
        id: 'ends',
        label: word('token.ends'),
        wideOnly: true,
        cell: (token) => (token.expires_at ? <Time at={token.expires_at} /> : word('token.endless')),
      },
    ],
    [word],
  );
}

export function TokenList() {
  const word = useWords();
  const queries = useQueryClient();
  const prefilled = route.useSearch();
  const navigate = route.useNavigate();
  // An address may bring a form with it, filled in.
  const [draft, setDraft] = useState<TokenDraft | null>(prefilled.name || prefilled.scope ? prefilled : null);
  const [ending, setEnding] = useState<ApiToken | null>(null);
  const list = useQuery(tokensQuery);
  const columns = useColumns();
  const revoke = useMutation({
    mutationFn: (token: ApiToken) => unwrap(deleteApiV1TokensId({ path: { id: token.id } })),
    onError: (error) => toastProblem(word('token.failed'), asApiError(error)),
    onSuccess: (_none, token) => toast(word('token.revoked', { name: token.name })),
    onSettled: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const page = list.data && {
    items: list.data.items,
    total: list.data.items.length,
    page_size: list.data.items.length,
  };
  const close = () => {
    setDraft(null);
    if (prefilled.name || prefilled.scope) void navigate({ search: {}, replace: true });
  };
  return (
    <>
      <PageHead
        title={word('tokens')}
        lead={word('tokens.lead')}
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setDraft({})}>
            {word('token.new')}
          </Button>
        }
      />
      <DataGrid
        label={word('tokens')}
        columns={columns}
        page={page}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(token) => token.id}
        rowName={(token) => token.name}
        search={{}}
        onSearch={() => {}}
        empty={
          <EmptyState icon={<IconKey size={28} />} title={word('tokens.none.title')}>
            {word('tokens.none')}
          </EmptyState>
        }
        actions={(token) => (
          <Group gap="xs" wrap="nowrap" justify="flex-end">
            <RowButton
              label={word('token.renew')}
              of={token.name}
              onClick={() => setDraft({ name: token.name, scope: token.scopes.at(-1), replaces: token })}
            />
            <RowButton label={word('token.revoke')} of={token.name} onClick={() => setEnding(token)} />
          </Group>
        )}
      />
      <NewTokenDialog draft={draft} onClose={close} />
      <ConfirmDialog
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={word('token.revoke.ask', { name: ending?.name ?? '' })}
        confirm={word('token.revoke')}
        busy={revoke.isPending}
        onConfirm={() => ending && revoke.mutate(ending, { onSettled: () => setEnding(null) })}
      >
        {word('token.revoke.meaning')}
      </ConfirmDialog>
    </>
  );
}
