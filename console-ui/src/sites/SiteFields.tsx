/** A site's name and address. The address follows the name until somebody edits it. */
import { TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import type { FieldErrors, FieldValues, Path, PathValue, UseFormRegister, UseFormSetValue } from 'react-hook-form';
import { slugOf } from '../account/schemas';
import { useWords } from '../words';
import { SlugHint } from './SlugHint';

interface SiteFieldsProps<Values extends FieldValues> {
  register: UseFormRegister<Values>;
  setValue: UseFormSetValue<Values>;
  names: { name: Path<Values>; slug: Path<Values> };
  errors: FieldErrors<{ name: string; slug: string }> | undefined;
}

export function SiteFields<Values extends FieldValues>({ register, setValue, names, errors }: SiteFieldsProps<Values>) {
  const word = useWords();
  const edited = useRef(false);
  const [shown, setShown] = useState('');
  const show = (text: string) => {
    setShown(text);
    setValue(names.slug, text as PathValue<Values, Path<Values>>);
  };
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
          if (!edited.current) show(slugOf(event.target.value));
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
          setShown(event.target.value);
          return slug.onChange(event);
        }}
      />
      <SlugHint
        slug={shown}
        onChoose={(suggestion) => {
          edited.current = true;
          show(suggestion);
        }}
      />
    </>
  );
}
