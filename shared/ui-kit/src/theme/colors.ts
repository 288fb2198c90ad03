/** Evergreen, the one accent: shade 7 is the light scheme's, shade 4 the dark one's. */
import type { MantineColorsTuple } from '@mantine/core';

export const evergreen: MantineColorsTuple = [
  '#ecf8f3',
  '#d6efe5',
  '#abdfca',
  '#7fd3b2',
  '#5cc8a0',
  '#3aa982',
  '#2a8a69',
  '#1f6f54',
  '#185a44',
  '#114434',
];

/** Near-neutral dark surfaces, a touch of green in them. */
export const dark: MantineColorsTuple = [
  '#d7dcd9',
  '#b9c1bd',
  '#949e99',
  '#5f6a65',
  '#3c4541',
  '#303834',
  '#232a27',
  '#191f1c',
  '#131816',
  '#0d110f',
];
