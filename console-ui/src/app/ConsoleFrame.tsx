/** The console's frame: its commands, the job drawer, and the account's menu. */
import { type Command, type FindRecords, Frame, unwrap, useRegisterCommands } from '@freehold/ui-kit';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { VerifyNotice } from '../account/VerifyNotice';
import { getV1Sites } from '../api';
import { RecentOperations } from '../operations/RecentOperations';
import { AccountMenu } from './AccountMenu';
import { useConsoleCommands } from './commands';
import { sessionQuery } from './session';

const FOUND_MAX = 6;

const findSites: FindRecords = async (q) => {
  const page = await unwrap(getV1Sites({ query: { q, page_size: FOUND_MAX } }));
  return page.items.map((site) => ({ id: site.id, label: site.name, detail: site.url, href: `/sites/${site.id}` }));
};

export function ConsoleFrame({ children }: { children: ReactNode }) {
  const session = useQuery({ ...sessionQuery, retry: false });
  const isMember = session.data === 'member';
  const build = useConsoleCommands();
  const commands = useMemo<readonly Command[]>(() => build(isMember), [build, isMember]);
  useRegisterCommands(commands);
  return (
    <Frame
      name="Freehold"
      find={isMember ? findSites : undefined}
      actions={
        <>
          {isMember && <RecentOperations />}
          <AccountMenu isMember={isMember} />
        </>
      }
    >
      {isMember && <VerifyNotice />}
      {children}
    </Frame>
  );
}
