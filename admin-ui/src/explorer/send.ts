/** Sends a call with the session's own token, and reads its answer as far as it can be shown. */
import { ApiError } from '@freehold/ui-kit';
import { sessionHeaders } from '../session/client';
import type { Request } from './call';

const SEND_MS_MAX = 30_000;
/** Larger answers are not read to their end. */
const READ_BYTES_MAX = 4 * 1024 * 1024;
/** More of a text makes the screen slow, and nobody reads it. */
export const SHOWN_BYTES_MAX = 256 * 1024;

const READABLE = /^text\/|[/+](json|xml|javascript|yaml)\b/;

export interface Answer {
  status: number;
  statusText: string;
  ms: number;
  requestId: string | null;
  type: string;
  headers: readonly (readonly [string, string])[];
  /** Null for what is no text. */
  text: string | null;
  /** How much arrived. */
  bytes: number;
  /** Only the beginning of the text is here. */
  isCut: boolean;
}

async function readSome(response: Response): Promise<{ bytes: Uint8Array<ArrayBuffer>; isAll: boolean }> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    parts.push(read.value);
    length += read.value.length;
    if (length > READ_BYTES_MAX) {
      await reader?.cancel();
      return { bytes: new Uint8Array(await new Blob(parts).arrayBuffer()), isAll: false };
    }
  }
  return { bytes: new Uint8Array(await new Blob(parts).arrayBuffer()), isAll: true };
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The beginning of a text, as many bytes as are shown, and no half of a character. */
export function cut(text: string): { text: string; isCut: boolean } {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(SHOWN_BYTES_MAX));
  return { text: text.slice(0, read), isCut: read < text.length };
}

async function answerOf(response: Response, ms: number): Promise<Answer> {
  const type = response.headers.get('content-type') ?? '';
  const { bytes, isAll } = await readSome(response);
  const whole = READABLE.test(type) || bytes.length === 0 ? new TextDecoder().decode(bytes) : null;
  const shown = whole === null ? null : cut(isAll && /[/+]json\b/.test(type) ? pretty(whole) : whole);
  return {
    status: response.status,
    statusText: response.statusText,
    ms,
    requestId: response.headers.get('x-request-id'),
    type,
    headers: [...response.headers],
    text: shown?.text ?? null,
    bytes: bytes.length,
    isCut: !isAll || shown?.isCut === true,
  };
}

/** A refusal is an answer like another; only what is never answered is an error. */
export async function send({ method, path, headers, body }: Request): Promise<Answer> {
  const own = await sessionHeaders(new URL(path, location.origin).pathname);
  const began = performance.now();
  try {
    const response = await fetch(path, {
      method,
      body,
      cache: 'no-store',
      signal: AbortSignal.timeout(SEND_MS_MAX),
      headers: {
        ...headers,
        ...own,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
    });
    return await answerOf(response, Math.round(performance.now() - began));
  } catch (error) {
    throw new ApiError(0, 'offline', error instanceof Error ? error.message : String(error));
  }
}
