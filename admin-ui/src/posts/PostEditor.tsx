/** The editor of one post. */
import {
  AppLink,
  ConfirmDialog,
  FormProblem,
  IconArrowLeft,
  PageHead,
  toast,
  toastUndo,
  useKitWords,
} from '@freehold/ui-kit';
import { Badge, Box, Button, Stack, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import type { Post } from '../api';
import { siteOrigin } from '../session/store';
import { useWords } from '../words';
import { BackupNotice } from './BackupNotice';
import { dropBackup, findBackup } from './backup';
import { Conflict } from './Conflict';
import { ContentField } from './ContentField';
import { History } from './History';
import { Preview } from './Preview';
import type { Tagged } from './queries';
import { SaveStateText } from './SaveStateText';
import { type PostDraft, usePostDraft } from './usePostDraft';
import { useSaveKey } from './useSaveKey';

interface PostEditorProps {
  initial: Tagged | null;
  onCreated: (tagged: Tagged) => void;
}

export function PostEditor({ initial, onCreated }: PostEditorProps) {
  const word = useWords();
  const draft = usePostDraft(initial, onCreated);
  const { values, saved, state, change, save, settle } = draft;
  const [backup, setBackup] = useState(() => {
    const found = findBackup(initial?.post.slug);
    return found && (found.title !== values.title || found.content !== values.content) ? found : null;
  });
  // The text is replaced from outside only here, where the visual editor must start anew.
  const [version, setVersion] = useState(0);
  const saveNow = useCallback(() => void save(), [save]);
  useSaveKey(saveNow);
  const isDraft = saved?.post.status === 'draft';
  const problem = state.is === 'failed' ? state.error : null;
  const slugProblem = problem?.fields.find((field) => field.path === 'slug')?.message;
  const titleProblem = problem?.fields.find((field) => field.path === 'title')?.message;
  return (
    <Box maw={860}>
      <AppLink href="/posts" back>
        <IconArrowLeft size={14} aria-hidden="true" /> {word('posts')}
      </AppLink>
      <PageHead
        title={values.title || word('post.untitled')}
        badge={saved && <StatusBadge post={saved.post} />}
        lead={<SaveStateText state={state} isDraft={isDraft} />}
        actions={
          <PostActions
            draft={draft}
            onReplaced={(next) => {
              settle(next, false);
              setVersion((count) => count + 1);
            }}
          />
        }
      />
      {backup && (
        <BackupNotice
          backup={backup}
          onRestore={() => {
            change({ title: backup.title, content: backup.content });
            setBackup(null);
            setVersion((count) => count + 1);
          }}
          onDrop={() => {
            dropBackup(initial?.post.slug);
            setBackup(null);
          }}
        />
      )}
      {state.is === 'conflict' && (
        <Conflict
          mine={values}
          theirs={state.theirs}
          onSettle={(theirs, keepMine) => {
            settle(theirs, keepMine);
            if (!keepMine) setVersion((count) => count + 1);
          }}
        />
      )}
      <Stack className="fh-surface" p={{ base: 'sm', sm: 'lg' }}>
        {!slugProblem && !titleProblem && <FormProblem problem={problem} />}
        <TextInput
          label={word('post.title')}
          size="md"
          maxLength={200}
          value={values.title}
          error={titleProblem}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <ContentField key={version} markdown={values.content} onChange={(content) => change({ content })} />
        <Textarea
          label={word('post.excerpt')}
          description={word('post.excerpt.hint')}
          autosize
          minRows={2}
          value={values.excerpt ?? saved?.post.excerpt ?? ''}
          onChange={(event) => change({ excerpt: event.currentTarget.value })}
        />
        <TextInput
          label={word('post.slug')}
          description={saved ? word('post.slug.fixed') : word('post.slug.hint')}
          className="fh-mono"
          readOnly={saved !== null}
          value={saved?.post.slug ?? values.slug}
          error={slugProblem}
          onChange={(event) => change({ slug: event.currentTarget.value })}
        />
      </Stack>
      <LeaveGuard draft={draft} />
    </Box>
  );
}

function StatusBadge({ post }: { post: Post }) {
  const word = useWords();
  const isPublished = post.status === 'published';
  return (
    <Badge color={isPublished ? 'evergreen' : 'gray'}>
      {isPublished ? word('post.status.published') : word('post.status.draft')}
    </Badge>
  );
}

interface PostActionsProps {
  draft: PostDraft;
  /** The post is another version now, which the editor is to show. */
  onReplaced: (next: Tagged) => void;
}

function PostActions({ draft, onReplaced }: PostActionsProps) {
  const word = useWords();
  const kit = useKitWords();
  const queries = useQueryClient();
  const [shown, setShown] = useState<Post | null>(null);
  const [opened, history] = useDisclosure(false);
  const { saved, values, state, save } = draft;
  const isPublished = saved?.post.status === 'published';
  const blocked = !values.title.trim() || state.is === 'conflict';
  const refresh = () =>
    queries.invalidateQueries({ queryKey: ['posts'], predicate: ({ queryKey }) => queryKey[1] !== 'one' });
  const publish = async () => {
    const done = await save('published');
    if (!done) return;
    void refresh();
    toastUndo(word('post.published'), kit('undo'), () => void save('draft').then(refresh));
  };
  const withdraw = async () => {
    if (!(await save('draft'))) return;
    void refresh();
    toast(word('post.withdrawn'));
  };
  const saveOnly = async () => {
    if (await save()) void refresh();
  };
  const preview = async () => {
    const done = isPublished || state.is === 'saved' ? saved : await save();
    if (done) setShown(done.post);
  };
  // What is unsaved would be lost by going back, so it is saved first and has its place in the history.
  const showHistory = async () => {
    if (!draft.isUnsaved || (await save())) history.open();
  };
  return (
    <>
      {isPublished && (
        <Button
          variant="default"
          component="a"
          href={`${siteOrigin()}/posts/${saved.post.slug}`}
          target="_blank"
          rel="noopener"
        >
          {word('post.view')}
        </Button>
      )}
      {saved && (
        <Button variant="default" onClick={() => void showHistory()}>
          {word('history')}
        </Button>
      )}
      <Button variant="default" disabled={blocked} onClick={() => void preview()}>
        {word('preview')}
      </Button>
      {isPublished && (
        <Button variant="default" disabled={blocked} onClick={() => void withdraw()}>
          {word('post.withdraw')}
        </Button>
      )}
      <Button
        variant={isPublished ? 'filled' : 'default'}
        disabled={blocked}
        loading={state.is === 'saving'}
        onClick={() => void saveOnly()}
      >
        {isPublished ? word('post.update') : word('post.save')}
      </Button>
      {!isPublished && (
        <Button disabled={blocked} loading={state.is === 'saving'} onClick={() => void publish()}>
          {word('post.publish')}
        </Button>
      )}
      <Preview post={shown} onClose={() => setShown(null)} />
      {saved && (
        <History
          saved={saved}
          opened={opened}
          onClose={history.close}
          onRestored={(next) => {
            history.close();
            onReplaced(next);
          }}
        />
      )}
    </>
  );
}

/** Asks before leaving, only when something really is unsaved. */
function LeaveGuard({ draft }: { draft: PostDraft }) {
  const word = useWords();
  const { isUnsaved, saved } = draft;
  const own = saved?.post.slug;
  const blocker = useBlocker({
    withResolver: true,
    enableBeforeUnload: () => isUnsaved,
    shouldBlockFn: ({ next }) => {
      const stays =
        next.pathname === '/posts/edit' && own !== undefined && (next.search as { post?: string }).post === own;
      return isUnsaved && !stays;
    },
  });
  return (
    <ConfirmDialog
      opened={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={word('leave.title')}
      confirm={word('leave')}
      onConfirm={() => blocker.proceed?.()}
    >
      {word('leave.text')}
    </ConfirmDialog>
  );
}
