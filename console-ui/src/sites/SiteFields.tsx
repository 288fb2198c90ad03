/** A site's name and address. The address follows the name until somebody edits it. */
import { TextInput } from '@mantine/core';
import { useRef } from 'react';
import type { FieldErrors, FieldValues, Path, PathValue, UseFormRegister, UseFormSetValue } from 'react-hook-form';
import { slugOf } from '../account/schemas';
import { useWords } from '../words';

interface SiteFieldsProps<Values extends FieldValues> {
  register: UseFormRegister<Values>;
  setValue: UseFormSetValue<Values>;
  names: { name: Path<Values>; slug: Path<Values> };
  errors: FieldErrors<{ name: string; slug: string }> | undefined;
}

export function SiteFields<Values extends FieldValues>({ register, setValue, names, errors }: SiteFieldsProps<Values>) {
  const word = useWords();
  const edited = useRef(false);
  const name = register(names.name);
  const slug = register(names.slug);
  return (
    <>
      <TextInput
        label={word('site.name')}
        description={word('site.name.hint')}
        error={errors?.name?.message}
        {...name}
        onChange={(event) => {
          if (!edited.current) {
            setValue(names.slug, slugOf(event.target.value) as PathValue<Values, Path<Values>>);
          }
          return name.onChange(event);
        }}
      />
      <TextInput
        label={word('site.slug')}
        description={word('site.slug.hint')}
        autoCapitalize="none"
        spellCheck={false}
        className="fh-mono"
        error={errors?.slug?.message}
        {...slug}
        onChange={(event) => {
          edited.current = event.target.value !== '';
          return slug.onChange(event);
        }}
      />
    </>
  );
}
