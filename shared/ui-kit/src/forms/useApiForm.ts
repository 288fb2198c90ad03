/**
 * Forms over the API's rules: the API's problems land on the fields they name, the first one gets
 * the focus, and what belongs to no field is shown above the form.
 */
import { zodResolver } from '@hookform/resolvers/zod';
import { type BaseSyntheticEvent, useEffect, useRef, useState } from 'react';
import { type DefaultValues, type FieldValues, type Path, useForm } from 'react-hook-form';
import type { ZodType } from 'zod';
import { type ApiError, asApiError } from '../api/errors';

interface ApiFormOptions<Values extends FieldValues> {
  schema: ZodType<Values, Values>;
  defaultValues: DefaultValues<Values>;
  /** Sends what was entered; an `ApiError` it throws is shown. */
  onSubmit: (values: Values) => Promise<void>;
  /** Words for a problem of the API; without one the API's own message is shown. */
  explain?: (code: string, path: string) => string | undefined;
}

export function useApiForm<Values extends FieldValues>(options: ApiFormOptions<Values>) {
  const { schema, defaultValues, onSubmit, explain } = options;
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [refusals, setRefusals] = useState(0);
  const element = useRef<HTMLFormElement | null>(null);
  // Once the fields that are wrong are marked as such, whenever that is.
  useEffect(() => {
    if (refusals > 0) focusFirstProblem(element.current);
  }, [refusals]);
  const refused = (event: BaseSyntheticEvent | undefined) => {
    const target: unknown = event?.target;
    element.current = target instanceof HTMLFormElement ? target : null;
    setRefusals((count) => count + 1);
  };
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues,
    mode: 'onTouched',
    shouldFocusError: false,
  });
  const send = async (values: Values, event?: BaseSyntheticEvent) => {
    setProblem(null);
    try {
      await onSubmit(values);
    } catch (thrown) {
      const error = asApiError(thrown);
      const known = error.fields.filter(
        ({ path }) => form.getFieldState(path as Path<Values>) && hasField(values, path),
      );
      for (const { path, code, message } of known) {
        form.setError(path as Path<Values>, { type: code, message: explain?.(code, path) ?? message });
      }
      if (known.length < error.fields.length || error.fields.length === 0) setProblem(error);
      refused(event);
    }
  };
  const submit = form.handleSubmit(send, (_errors, event) => refused(event));
  return { form, submit, problem, busy: form.formState.isSubmitting };
}

/** Focuses the first field that is wrong, in the order in which people see them. */
function focusFirstProblem(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}

function hasField(values: FieldValues, path: string): boolean {
  let inner: unknown = values;
  for (const part of path.split('.')) {
    if (typeof inner !== 'object' || inner === null || !(part in inner)) return false;
    inner = (inner as Record<string, unknown>)[part];
  }
  return true;
}
