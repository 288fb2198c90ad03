/** What can be done to a site: enter its admin, delete it, restore it, let a former address go. */
import { asApiError, toast, toastProblem, toastUndo, unwrap, useKitWords } from '@freehold/ui-kit';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  deleteV1SitesId,
  deleteV1SitesIdPreviousSlugsSlug,
  postV1SitesIdRestore,
  postV1SitesIdSignIn,
  type Site,
} from '../api';
import { randomKey } from '../app/idempotency';
import { siteQuery } from '../app/queries';
import { useWords } from '../words';

export function useSiteActions(site: Site) {
  const word = useWords();
  const kit = useKitWords();
  const queries = useQueryClient();
  const path = { id: site.id };
  const changed = (next: Site) => {
    // Former addresses are told with the site alone.
    queries.setQueryData(siteQuery(site.id).queryKey, { ...site, ...next });
    void queries.invalidateQueries({ queryKey: ['sites'] });
    void queries.invalidateQueries({ queryKey: ['operations'] });
  };
  const enter = useMutation({
    mutationFn: () => unwrap(postV1SitesIdSignIn({ path })),
    onSuccess: ({ url }) => location.assign(url),
    onError: (error) => toastProblem(word('admin.failed'), asApiError(error)),
  });
  const restore = useMutation({
    mutationFn: () => unwrap(postV1SitesIdRestore({ path, headers: { 'Idempotency-Key': randomKey() } })),
    onError: (error) => toastProblem(word('restore.failed'), asApiError(error)),
    onSuccess: (next) => {
      changed(next);
      toast(word('restored', { name: site.name }));
    },
  });
  const remove = useMutation({
    mutationFn: () => unwrap(deleteV1SitesId({ path })),
    onError: (error) => toastProblem(word('delete.failed'), asApiError(error)),
    onSuccess: (next) => {
      changed(next);
      toastUndo(word('deleted', { name: site.name }), kit('undo'), () => restore.mutate());
    },
  });
  const giveUp = useMutation({
    mutationFn: (slug: string) => unwrap(deleteV1SitesIdPreviousSlugsSlug({ path: { id: site.id, slug } })),
    onError: (error) => toastProblem(word('former.failed'), asApiError(error)),
    onSuccess: (_none, slug) => toast(word('former.dropped', { slug })),
    onSettled: () => queries.invalidateQueries({ queryKey: siteQuery(site.id).queryKey }),
  });
  return { enter, restore, remove, giveUp };
}
