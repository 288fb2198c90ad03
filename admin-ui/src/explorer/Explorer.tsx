/** The API of this site to look at and to try: operations at the left, the chosen one at the right. */
import { EmptyState, ErrorState, IconApi, LoadingState, NothingMatches, PageHead, Toolbar } from '@freehold/ui-kit';
import { Box, Flex, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { useWords } from '../words';
import { type ApiDocument, matching } from './document';
import { DOCUMENT_PATH, documentQuery } from './documentQuery';
import { OperationList } from './OperationList';
import { OperationPanel } from './OperationPanel';

const route = getRouteApi('/_app/api');

export function Explorer() {
  const word = useWords();
  const document = useQuery(documentQuery);
  const body = () => {
    if (document.data) return <Loaded document={document.data} />;
    return document.error ? (
      <ErrorState error={document.error} onRetry={() => void document.refetch()} />
    ) : (
      <LoadingState />
    );
  };
  return (
    <>
      <PageHead title={word('api')} lead={word('api.lead')} />
      {body()}
    </>
  );
}

function Loaded({ document }: { document: ApiDocument }) {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const wasChosen = useRef(false);
  const { op, q = '' } = search;
  const operations = useMemo(() => matching(document.operations, q), [document, q]);
  const chosen = document.operations.find(({ id }) => id === op);
  // Typing a search makes no history of its own.
  const onQuery = (next: string | undefined) =>
    void navigate({ search: { op, q: next }, replace: true, resetScroll: false });
  const clear = () => onQuery(undefined);
  const detail = () => {
    if (!chosen) return <NotChosen document={document} isGone={op !== undefined} />;
    return <OperationPanel key={chosen.id} root={document.root} operation={chosen} takesFocus={wasChosen.current} />;
  };
  return (
    <Flex gap="md" direction={{ base: 'column', md: 'row' }} align="flex-start">
      <Stack
        gap="xs"
        flex="none"
        w={{ base: '100%', md: 330 }}
        pos={{ base: 'static', md: 'sticky' }}
        top={{ base: 0, md: 72 }}
      >
        <Toolbar q={q} onQuery={onQuery} label={word('api.search')} filtered={q !== ''} onClear={clear} />
        <Text size="xs" c="dimmed" role="status">
          {word('api.found', { count: operations.length })}
        </Text>
        {operations.length > 0 ? (
          <OperationList
            operations={operations}
            search={search}
            onChoose={() => {
              wasChosen.current = true;
            }}
          />
        ) : (
          <NothingMatches onClear={clear} />
        )}
      </Stack>
      <Box flex={1} miw={0} w="100%">
        {detail()}
      </Box>
    </Flex>
  );
}

function NotChosen({ document, isGone }: { document: ApiDocument; isGone: boolean }) {
  const word = useWords();
  if (isGone) return <EmptyState title={word('api.gone.title')}>{word('api.gone')}</EmptyState>;
  return (
    <EmptyState icon={<IconApi size={28} />} title={word('api.choose.title')}>
      {word('api.choose')}{' '}
      <a className="fh-link" href={DOCUMENT_PATH} target="_blank" rel="noopener">
        {[document.title, document.version].filter(Boolean).join(' ')}
      </a>
    </EmptyState>
  );
}
