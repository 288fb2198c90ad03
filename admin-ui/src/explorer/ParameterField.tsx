/** One parameter as its schema says: few values as a list, yes or no as a switch, others as text. */
import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { useWords } from '../words';
import { choicesOf, type FieldProblem, isStructured, keyOf } from './call';
import type { Parameter } from './document';
import { FORMATS } from './example';
import { Prose } from './Prose';
import { useProblemWords } from './words';

interface ParameterFieldProps {
  parameter: Parameter;
  value: string;
  problem: FieldProblem | undefined;
  onChange: (value: string) => void;
}

/** What a value looks like, from the schema's own words. */
function hintOf({ schema }: Parameter): string {
  const said = [schema.example, schema.default, FORMATS[String(schema.format)], schema.type];
  return String(said.find((hint) => typeof hint === 'string' || typeof hint === 'number') ?? '');
}

export function ParameterField({ parameter, value, problem, onChange }: ParameterFieldProps) {
  const word = useWords();
  const explain = useProblemWords();
  const { name, description, required, schema } = parameter;
  const choices = choicesOf(parameter);
  const shared = {
    name: keyOf(parameter),
    label: name,
    description: description && <Prose text={description} />,
    error: problem && explain(problem),
    withAsterisk: required,
    autoComplete: 'off',
    spellCheck: false,
  };
  if (choices) {
    return (
      <NativeSelect
        {...shared}
        data={[{ value: '', label: word('api.not_sent') }, ...choices]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (schema.type === 'boolean') {
    const { autoComplete: _, withAsterisk: __, spellCheck: ___, ...own } = shared;
    const off = required ? 'false' : '';
    return (
      <Switch
        {...own}
        checked={value === 'true'}
        onChange={(event) => onChange(event.currentTarget.checked ? 'true' : off)}
      />
    );
  }
  if (isStructured(parameter)) {
    return (
      <Textarea
        {...shared}
        description={
          <>
            {shared.description} {word('api.as_json')}
          </>
        }
        className="fh-mono"
        autosize
        minRows={1}
        maxRows={8}
        placeholder={schema.type === 'array' ? '[]' : '{}'}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      {...shared}
      inputMode={schema.type === 'integer' ? 'numeric' : undefined}
      placeholder={hintOf(parameter)}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
