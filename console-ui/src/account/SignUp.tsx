/** Sign-up: an account and its first site in one step. */
import { AppLink, FormProblem, PlainPage, startOver, unwrap, useApiForm, useTitle } from '@freehold/ui-kit';
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import * as z from 'zod';
import { postV1Signup } from '../api';
import { sessionQuery } from '../app/session';
import { SiteFields } from '../sites/SiteFields';
import { useWords } from '../words';
import { emailRule, newPasswordRule, siteRules } from './schemas';
import { useFieldWords } from './useFieldWords';

export function SignUp() {
  const word = useWords();
  const explain = useFieldWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  useTitle(word('sign_up.title'));
  const schema = useMemo(
    () => z.object({ email: emailRule(word), password: newPasswordRule(word), site: siteRules(word) }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain,
    defaultValues: { email: '', password: '', site: { name: '', slug: '' } },
    onSubmit: async (body) => {
      const { site, operation } = await unwrap(postV1Signup({ body }));
      startOver(queries);
      queries.setQueryData(sessionQuery.queryKey, 'member');
      await navigate({ to: '/sites/$siteId', params: { siteId: site.id }, search: { operation: operation.id } });
    },
  });
  const errors = form.formState.errors;
  return (
    <PlainPage
      name="Freehold"
      title={word('sign_up.title')}
      lead={word('sign_up.lead')}
      footer={
        <>
          {word('sign_up.known')} <AppLink href="/sign-in">{word('sign_in.title')}</AppLink>
        </>
      }
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <FormProblem problem={problem} />
          <SiteFields
            register={form.register}
            setValue={form.setValue}
            names={{ name: 'site.name', slug: 'site.slug' }}
            errors={errors.site}
          />
          <TextInput
            label={word('email')}
            type="email"
            autoComplete="email"
            error={errors.email?.message}
            {...form.register('email')}
          />
          <PasswordInput
            label={word('password')}
            description={word('password.rule')}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': word('password.show') }}
            error={errors.password?.message}
            {...form.register('password')}
          />
          <Button type="submit" loading={busy}>
            {busy ? word('sign_up.busy') : word('sign_up.submit')}
          </Button>
        </Stack>
      </form>
    </PlainPage>
  );
}
