/** Words of the API's document, where code stands between backticks. */
import { Code } from '@mantine/core';

export function Prose({ text }: { text: string }) {
  const parts = text.split('`');
  return parts.map((part, index) => {
    const isCode = index % 2 === 1 && index < parts.length - 1;
    return isCode ? <Code key={index}>{part}</Code> : <span key={index}>{part}</span>;
  });
}
