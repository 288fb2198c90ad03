/**
 * How the saved text reads. It is the server's own HTML, shown in a frame that may neither run
 * scripts nor reach this page, since authors wrote it.
 */
import { styleNonce } from '@freehold/ui-kit';
import { Modal, Text } from '@mantine/core';
import type { Post } from '../api';
import { useWords } from '../words';

const STYLE = `body{font:17px/1.65 Inter,system-ui,sans-serif;max-width:40em;margin:1.5em auto;padding:0 1em;
color:#1b211e;background:#fff}pre{overflow-x:auto;background:#f1f4f2;padding:.8em;border-radius:8px}
blockquote{border-left:3px solid #1f6f54;margin-left:0;padding-left:1em}a{color:#1f6f54}h1{line-height:1.25}`;

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function Preview({ post, onClose }: { post: Post | null; onClose: () => void }) {
  const word = useWords();
  return (
    <Modal opened={post !== null} onClose={onClose} title={word('preview')} size="xl">
      {post && (
        <>
          <Text size="sm" c="dimmed" mb="xs">
            {word('preview.lead')}
          </Text>
          <iframe
            title={post.title}
            sandbox=""
            className="fh-preview"
            srcDoc={`<!doctype html><html lang="en"><title>${escaped(post.title)}</title><style nonce="${styleNonce()}">${STYLE}</style><main><h1>${escaped(post.title)}</h1>${post.content_html ?? ''}</main></html>`}
          />
        </>
      )}
    </Modal>
  );
}
