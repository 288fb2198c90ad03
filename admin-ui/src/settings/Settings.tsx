/**
 * The site's settings, as the API describes them: each by its kind, in its group. Those that this
 * release has words for are told in the language in use, others in the API's own.
 */
import { ErrorState, FormProblem, LoadingState, PageHead, toast, unwrap, useApiForm } from '@freehold/ui-kit';
import { Box, Button, Group, NativeSelect, Stack, Switch, TextInput, Title } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { UseFormRegister } from 'react-hook-form';
import * as z from 'zod';
import { getApiV1AdminOptions, putApiV1AdminOptions, type SiteOption } from '../api';
import { useWords } from '../words';
import { useOptionWords } from './words';

const optionsQuery = queryOptions({
  queryKey: ['options'],
  queryFn: () => unwrap(getApiV1AdminOptions()),
});

export function Settings() {
  const word = useWords();
  const options = useQuery(optionsQuery);
  const body = () => {
    if (options.data) return <SettingsForm options={options.data.items} />;
    return options.error ? (
      <ErrorState error={options.error} onRetry={() => void options.refetch()} />
    ) : (
      <LoadingState />
    );
  };
  return (
    <Box maw={620}>
      <PageHead title={word('settings')} lead={word('settings.lead')} />
      {body()}
    </Box>
  );
}

type Value = string | number | boolean;
interface Values {
  options: Record<string, Value>;
}

const valuesOf = (options: readonly SiteOption[]): Values => ({
  options: Object.fromEntries(options.map(({ key, value }) => [key, value as Value])),
});

function SettingsForm({ options }: { options: readonly SiteOption[] }) {
  const word = useWords();
  const words = useOptionWords();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()], word('rule.required'))),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm<Values>({
    schema,
    defaultValues: valuesOf(options),
    explain: (_code, path) => {
      const option = options.find(({ key }) => path === `options.${key}`);
      return option?.type === 'integer'
        ? word('rule.between', { minimum: option.minimum ?? 0, maximum: option.maximum ?? 0 })
        : undefined;
    },
    onSubmit: async (values) => {
      const kept = await unwrap(putApiV1AdminOptions({ body: values }));
      queries.setQueryData(optionsQuery.queryKey, kept);
      // The frame names the site.
      void queries.invalidateQueries({ queryKey: ['options', 'title'] });
      form.reset(valuesOf(kept.items));
      toast(word('settings.saved'));
    },
  });
  const groups = [...new Set(options.map(({ group }) => group))];
  const errors = form.formState.errors.options;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        <FormProblem problem={problem} />
        {groups.map((group) => (
          <Stack key={group} className="fh-surface" p="lg" component="section" aria-label={words.group(group)}>
            <Title order={2} fz="md">
              {words.group(group)}
            </Title>
            {options
              .filter((option) => option.group === group)
              .map((option) => (
                <Field
                  key={option.key}
                  option={option}
                  register={form.register}
                  error={(errors?.[option.key] as { message?: string } | undefined)?.message}
                />
              ))}
          </Stack>
        ))}
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={!form.formState.isDirty}>
            {word('settings.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface FieldProps {
  option: SiteOption;
  register: UseFormRegister<Values>;
  error: string | undefined;
}

function Field({ option, register, error }: FieldProps) {
  const words = useOptionWords();
  const shared = { label: words.label(option), description: words.description(option), error };
  const name = `options.${option.key}` as const;
  switch (option.type) {
    case 'boolean':
      return <Switch {...shared} {...register(name)} />;
    case 'integer':
      return <TextInput inputMode="numeric" maw={160} {...shared} {...register(name, { setValueAs: wholeNumber })} />;
    case 'choice':
      return (
        <NativeSelect
          data={(option.choices ?? []).map((value) => ({ value, label: words.choice(value) }))}
          {...shared}
          {...register(name)}
        />
      );
    case 'time_zone':
      return <NativeSelect data={zones(String(option.value))} {...shared} {...register(name)} />;
    default:
      return <TextInput {...shared} {...register(name)} />;
  }
}

/** What is no whole number goes to the API as it is, which says what it expects. */
const wholeNumber = (text: unknown) => (/^\d+$/.test(String(text)) ? Number(text) : text);

/** The zones that the browser knows, with the one in use. */
function zones(current: string): string[] {
  return [...new Set(['UTC', current, ...Intl.supportedValuesOf('timeZone')])];
}
