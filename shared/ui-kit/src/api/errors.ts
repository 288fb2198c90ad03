/**
 * What the API answers when it refuses, as one error type: the envelope's word, its problems by
 * field, and the request's id. A server that cannot be reached is one too, with status 0.
 */

export interface FieldProblem {
  path: string;
  code: string;
  message: string;
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: string, message: string, rest?: Partial<Omit<ApiError, 'status' | 'code'>>) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.fields = rest?.fields ?? [];
    this.requestId = rest?.requestId ?? null;
    this.retryAfterSeconds = rest?.retryAfterSeconds ?? null;
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

interface RefusedEnvelope {
  message: string;
  error: { code: string; fields: FieldProblem[]; request_id: string };
}

function isRefusal(body: unknown): body is RefusedEnvelope {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  return typeof error === 'object' && error !== null && 'code' in error && 'fields' in error;
}

/** Reads a refusal out of whatever came back. */
export function refusal(body: unknown, response: Response | undefined): ApiError {
  if (!response) return new ApiError(0, 'offline', 'the server cannot be reached');
  const wait = Number(response.headers.get('retry-after'));
  const retryAfterSeconds = Number.isFinite(wait) && wait > 0 ? wait : null;
  if (!isRefusal(body)) {
    const requestId = response.headers.get('x-request-id');
    return new ApiError(response.status, 'unknown', response.statusText, { retryAfterSeconds, requestId });
  }
  const { message, error } = body;
  return new ApiError(response.status, error.code, message, {
    fields: error.fields,
    requestId: error.request_id,
    retryAfterSeconds,
  });
}

/** Any thrown value as an error of the API, so that screens need one kind only. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TypeError) return new ApiError(0, 'offline', error.message);
  return new ApiError(500, 'unknown', error instanceof Error ? error.message : String(error));
}
