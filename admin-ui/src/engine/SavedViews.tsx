/** Named views of a list: somebody's own or everybody's. One is made only when somebody says so. */
import {
  asApiError,
  FormProblem,
  IconBookmark,
  IconCheck,
  IconTrash,
  toast,
  toastProblem,
  unwrap,
  useApiForm,
} from '@freehold/ui-kit';
import { Badge, Button, Group, Menu, Modal, Stack, Switch, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { deleteApiV1AdminViewsId, getApiV1AdminViews, postApiV1AdminViews, type SavedView } from '../api';
import { useWords } from '../words';
import { type ResourceSearch, resourceSearch } from './search';

const viewsQuery = (resource: string) =>
  queryOptions({
    queryKey: ['views', resource],
    queryFn: () => unwrap(getApiV1AdminViews({ query: { resource } })),
  });

/** What a view holds: all of a list's address but the page, always in the same order. */
export function viewOf({ q, sort, filter }: ResourceSearch): string {
  const filters = Object.entries(filter ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const sorted = filters.length > 0 ? { filter: Object.fromEntries(filters) } : {};
  return JSON.stringify({ ...(q && { q }), ...(sort && { sort }), ...sorted });
}

/** A view that is of no use any more opens the list as it is without one. */
function searchOf(view: SavedView): ResourceSearch {
  try {
    return resourceSearch.parse(JSON.parse(view.query));
  } catch {
    return {};
  }
}

interface SavedViewsProps {
  resource: string;
  search: ResourceSearch;
  onOpen: (search: ResourceSearch) => void;
}

export function SavedViews({ resource, search, onOpen }: SavedViewsProps) {
  const word = useWords();
  const queries = useQueryClient();
  const [opened, dialog] = useDisclosure(false);
  const views = useQuery(viewsQuery(resource));
  const forget = useMutation({
    mutationFn: (view: SavedView) => unwrap(deleteApiV1AdminViewsId({ path: { id: view.id } })),
    onError: (error) => toastProblem(word('view.failed'), asApiError(error)),
    onSuccess: (_none, view) => toast(word('view.forgotten', { name: view.name })),
    onSettled: () => queries.invalidateQueries({ queryKey: viewsQuery(resource).queryKey }),
  });
  const current = viewOf(search);
  const items = views.data?.items ?? [];
  const open = items.find((view) => view.query === current);
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden="true" />}>
            {open?.name ?? word('views')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {items.length === 0 && <Menu.Label>{views.error ? word('views.failed') : word('views.none')}</Menu.Label>}
          {items.map((view) => (
            <Menu.Item
              key={view.id}
              leftSection={view === open ? <IconCheck size={14} aria-hidden="true" /> : <IconBookmark size={14} />}
              rightSection={view.shared && <Badge color="gray">{word('view.shared')}</Badge>}
              onClick={() => onOpen(searchOf(view))}
            >
              {view.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          {!open && <Menu.Item onClick={dialog.open}>{word('view.save')}</Menu.Item>}
          {open?.own && (
            <Menu.Item leftSection={<IconTrash size={14} aria-hidden="true" />} onClick={() => forget.mutate(open)}>
              {word('view.forget', { name: open.name })}
            </Menu.Item>
          )}
          {search.filter && <Menu.Item onClick={() => onOpen({})}>{word('view.all')}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={opened} onClose={dialog.close} title={word('view.save')}>
        <SaveView resource={resource} query={current} onSaved={dialog.close} />
      </Modal>
    </>
  );
}

function SaveView({ resource, query, onSaved }: { resource: string; query: string; onSaved: () => void }) {
  const word = useWords();
  const queries = useQueryClient();
  const schema = useMemo(
    () => z.object({ name: z.string().trim().min(1, word('rule.required')).max(60), shared: z.boolean() }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { name: '', shared: false },
    onSubmit: async (values) => {
      const made = await unwrap(postApiV1AdminViews({ body: { ...values, resource, query } }));
      await queries.invalidateQueries({ queryKey: viewsQuery(resource).queryKey });
      toast(word('view.saved', { name: made.name }));
      onSaved();
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label={word('view.name')}
          autoComplete="off"
          data-autofocus
          error={form.formState.errors.name?.message}
          {...form.register('name')}
        />
        <Switch label={word('view.share')} description={word('view.share.hint')} {...form.register('shared')} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {word('view.keep')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
