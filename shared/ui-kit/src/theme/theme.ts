/**
 * The look of both apps, with what stock Mantine lacks for WCAG 2.2 AA: readable dimmed and badge
 * colours, names for icon buttons, menus without a focus placeholder.
 */
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type VariantColorsResolver,
} from '@mantine/core';
import { dark, evergreen } from './colors';

const SANS = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans CJK SC", "Noto Sans SC", sans-serif';
const MONO = '"JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, monospace';
const LIGHT_BADGES = ['evergreen', 'yellow', 'orange', 'green', 'red', 'gray', 'blue', 'violet'];

/** Mantine picks the text on the accent for light only; in dark the accent is bright. */
const variantColors: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const isAccent = input.color === undefined || input.color === input.theme.primaryColor;
  return isAccent && input.variant === 'filled'
    ? { ...colors, color: 'var(--mantine-primary-color-contrast)' }
    : colors;
};

/** Words that the theme's components need; they change with the language. */
export interface ThemeWords {
  close: string;
}

export const makeTheme = (words: ThemeWords) =>
  createTheme({
    colors: { evergreen, dark },
    primaryColor: 'evergreen',
    primaryShade: { light: 7, dark: 4 },
    variantColorResolver: variantColors,
    autoContrast: true,
    luminanceThreshold: 0.35,
    fontFamily: SANS,
    fontFamilyMonospace: MONO,
    headings: { fontFamily: SANS, fontWeight: '600' },
    radius: { sm: '6px', md: '8px' },
    defaultRadius: 'md',
    cursorType: 'pointer',
    respectReducedMotion: true,
    components: {
      Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
      Modal: { defaultProps: { closeButtonProps: { 'aria-label': words.close }, centered: true } },
      Drawer: { defaultProps: { closeButtonProps: { 'aria-label': words.close } } },
      // Inside a dialog a <header> counts as a second banner of the page.
      ModalHeader: { defaultProps: { role: 'presentation' } },
      DrawerHeader: { defaultProps: { role: 'presentation' } },
      Notification: { defaultProps: { closeButtonProps: { 'aria-label': words.close } } },
      Badge: { defaultProps: { variant: 'light', tt: 'none', fw: 500 } },
      Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: false } } },
    },
  });

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbfcfb',
    '--mantine-color-dimmed': '#56605b',
    '--mantine-color-placeholder': '#69736e',
    '--mantine-color-error': '#b3261e',
    '--freehold-surface': '#ffffff',
    '--freehold-border': '#dfe4e1',
    ...Object.fromEntries(
      LIGHT_BADGES.map((name) => [
        `--mantine-color-${name}-light-color`,
        `color-mix(in srgb, var(--mantine-color-${name}-9) 65%, black)`,
      ]),
    ),
  },
  dark: {
    '--mantine-color-body': '#131816',
    '--mantine-color-dimmed': '#a9b3ae',
    '--mantine-color-placeholder': '#949e99',
    '--mantine-color-error': '#ff8f87',
    '--freehold-surface': '#191f1c',
    '--freehold-border': '#303834',
    ...Object.fromEntries(
      LIGHT_BADGES.map((name) => [`--mantine-color-${name}-light-color`, `var(--mantine-color-${name}-2)`]),
    ),
  },
});
