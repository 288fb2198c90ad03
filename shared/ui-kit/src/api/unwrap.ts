/** From a generated call's result to the envelope's data, or an `ApiError`. */
import { refusal } from './errors';

interface CallResult {
  data?: unknown;
  error?: unknown;
  response?: Response;
}

/** A generated result is a union; its refused half has no data and adds nothing here. */
type DataOf<Result> = Result extends { data?: infer Envelope } ? Inner<NonNullable<Envelope>> : never;

type Inner<Envelope> = Envelope extends { data: infer Data } ? Data : never;

export async function unwrap<Result extends CallResult>(call: Promise<Result>): Promise<DataOf<Result>> {
  return (await unwrapWithResponse(call)).data;
}

/** The same where a header of the answer matters, such as its entity tag. */
export async function unwrapWithResponse<Result extends CallResult>(
  call: Promise<Result>,
): Promise<{ data: DataOf<Result>; response: Response }> {
  const { data, error, response } = await call;
  if (!response?.ok || data === undefined) throw refusal(error, response);
  return { data: (data as { data: DataOf<Result> }).data, response };
}
