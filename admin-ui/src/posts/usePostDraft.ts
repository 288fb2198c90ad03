/**
 * A post while somebody writes it: what is typed, what is saved, and the honest state between the
 * two. Saves go one after another, each naming the version it builds upon.
 */
import { type ApiError, asApiError, unwrapWithResponse } from '@freehold/ui-kit';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type PostStatus, postApiV1Posts, putApiV1PostsSlug, type UpdatePostBody } from '../api';
import { dropBackup, keepBackup } from './backup';
import { loadPost, type Tagged, tagged } from './queries';
import { randomKey } from './randomKey';

const AUTOSAVE_PAUSE_MS = 1_500;
const BACKUP_PAUSE_MS = 400;
const OFFLINE_RETRY_MS = 5_000;

export interface Values {
  title: string;
  content: string;
  /** Absent until somebody writes one: the API then makes it from the content. */
  excerpt?: string;
  /** Of a new post only; made from the title when empty. */
  slug: string;
}

export type SaveState =
  | { is: 'new' }
  | { is: 'dirty' }
  | { is: 'saving' }
  | { is: 'saved'; at: Date | null }
  | { is: 'offline' }
  | { is: 'failed'; error: ApiError }
  | { is: 'conflict'; theirs: Tagged };

const valuesOf = (saved: Tagged | null): Values => ({
  title: saved?.post.title ?? '',
  content: saved?.post.content ?? '',
  slug: saved?.post.slug ?? '',
});

function changes(values: Values, saved: Tagged, status: PostStatus | undefined): UpdatePostBody {
  const { post } = saved;
  return {
    ...(values.title !== post.title && { title: values.title }),
    ...(values.content !== post.content && { content: values.content }),
    ...(values.excerpt !== undefined && values.excerpt !== post.excerpt && { excerpt: values.excerpt }),
    ...(status && status !== post.status && { status }),
  };
}

const isEmpty = (body: object) => Object.keys(body).length === 0;

export function usePostDraft(initial: Tagged | null, onCreated: (tagged: Tagged) => void) {
  const [saved, setSaved] = useState(initial);
  const [values, setValues] = useState(() => valuesOf(initial));
  const [state, setState] = useState<SaveState>(initial ? { is: 'saved', at: null } : { is: 'new' });
  const latest = useRef({ values, saved });
  latest.current.values = values;
  const running = useRef<Promise<Tagged | null>>(Promise.resolve(null));
  const pendingBackup = useRef<(() => void) | null>(null);
  const creation = useRef({ body: '', key: '' });

  const accept = useCallback((next: Tagged) => {
    const wasNew = latest.current.saved === null;
    latest.current.saved = next;
    setSaved(next);
    const now = latest.current.values;
    const behind = !isEmpty(changes(now, next, undefined));
    setState(behind ? { is: 'dirty' } : { is: 'saved', at: new Date() });
    if (!behind) dropBackup(wasNew ? undefined : next.post.slug);
  }, []);

  const send = useCallback(
    async (status: PostStatus | undefined): Promise<Tagged | null> => {
      const { values: now, saved: base } = latest.current;
      if (!base) {
        const { slug, ...text } = now;
        const body = { ...text, ...(slug && { slug }), status: status ?? 'draft' } as const;
        const said = JSON.stringify(body);
        if (creation.current.body !== said) creation.current = { body: said, key: randomKey() };
        const headers = { 'Idempotency-Key': creation.current.key };
        const made = tagged(await unwrapWithResponse(postApiV1Posts({ body, headers })));
        accept(made);
        onCreated(made);
        return made;
      }
      const body = changes(now, base, status);
      if (isEmpty(body)) {
        setState({ is: 'saved', at: new Date() });
        return base;
      }
      const path = { slug: base.post.slug };
      const next = tagged(
        await unwrapWithResponse(putApiV1PostsSlug({ path, body, headers: { 'If-Match': base.etag } })),
      );
      accept(next);
      return next;
    },
    [accept, onCreated],
  );

  const fail = useCallback(async (thrown: unknown): Promise<null> => {
    const error = asApiError(thrown);
    const slug = latest.current.saved?.post.slug;
    if (error.status === 412 && slug) {
      const theirs = await loadPost(slug).catch(() => null);
      setState(theirs ? { is: 'conflict', theirs } : { is: 'failed', error });
    } else setState(error.isOffline ? { is: 'offline' } : { is: 'failed', error });
    return null;
  }, []);

  /** Saves what is typed now, after whatever is being saved. */
  const save = useCallback(
    (status?: PostStatus): Promise<Tagged | null> => {
      running.current = running.current.then(() => {
        setState({ is: 'saving' });
        return send(status).catch(fail);
      });
      return running.current;
    },
    [send, fail],
  );

  const change = useCallback((part: Partial<Values>) => {
    setValues((old) => ({ ...old, ...part }));
    setState((old) => (old.is === 'conflict' || old.is === 'saving' ? old : { is: 'dirty' }));
  }, []);

  /** Settles a conflict: build upon their version with this text, or take theirs. */
  const settle = useCallback((theirs: Tagged, keepMine: boolean) => {
    latest.current.saved = theirs;
    setSaved(theirs);
    if (keepMine) setState({ is: 'dirty' });
    else {
      setValues(valuesOf(theirs));
      setState({ is: 'saved', at: null });
      dropBackup(theirs.post.slug);
    }
  }, []);

  const isDraft = saved?.post.status === 'draft';
  const isUnsaved = !['saved', 'new'].includes(state.is);

  useEffect(() => {
    const wait = state.is === 'dirty' ? AUTOSAVE_PAUSE_MS : OFFLINE_RETRY_MS;
    if (!isDraft || !values.title.trim() || (state.is !== 'dirty' && state.is !== 'offline')) return;
    const timer = setTimeout(() => void save(), wait);
    return () => clearTimeout(timer);
  }, [isDraft, state, values, save]);

  useEffect(() => {
    if (!isUnsaved) return;
    const { title, content } = values;
    const keep = () => keepBackup(saved?.post.slug, { title, content });
    pendingBackup.current = keep;
    const timer = setTimeout(keep, BACKUP_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      pendingBackup.current = null;
    };
  }, [isUnsaved, values, saved?.post.slug]);
  // Whoever leaves sooner than that leaves nothing behind either.
  useLayoutEffect(() => () => pendingBackup.current?.(), []);

  return { values, saved, state, isUnsaved, change, save, settle };
}

export type PostDraft = ReturnType<typeof usePostDraft>;
