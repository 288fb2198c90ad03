/** Light, dark or the system's; English or Chinese. Both are remembered on this device. */
import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { chooseLocale, type Locale, useChosenLanguage, useKitWords } from '../i18n';
import { IconCheck, IconDeviceDesktop, IconMoon, IconSettings, IconSun } from '../icons';

const LANGUAGES: readonly { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'zh', name: '中文' },
];

export function PreferencesMenu() {
  const word = useKitWords();
  const locale = useChosenLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes = [
    { value: 'light', label: word('scheme.light'), icon: IconSun },
    { value: 'dark', label: word('scheme.dark'), icon: IconMoon },
    { value: 'auto', label: word('scheme.auto'), icon: IconDeviceDesktop },
  ] as const;
  const tick = (on: boolean) => (on ? <IconCheck size={16} /> : null);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={word('preferences')}>
          <IconSettings size={19} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{word('scheme')}</Menu.Label>
        {schemes.map(({ value, label, icon: SchemeIcon }) => (
          <Menu.Item
            key={value}
            leftSection={<SchemeIcon size={16} />}
            rightSection={tick(colorScheme === value)}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Label>{word('language')}</Menu.Label>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language.locale}
            lang={language.locale}
            rightSection={tick(locale === language.locale)}
            onClick={() => chooseLocale(language.locale)}
          >
            {language.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
