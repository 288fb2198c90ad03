/** Words for the settings that this release knows. */
import type { SiteOption } from '../api';
import { useWords } from '../words';

const KNOWN = {
  site_title: { label: 'option.site_title', description: 'option.site_title.hint' },
  site_description: { label: 'option.site_description', description: 'option.site_description.hint' },
  language: { label: 'option.language', description: 'option.language.hint' },
  timezone: { label: 'option.timezone', description: 'option.timezone.hint' },
  posts_per_page: { label: 'option.posts_per_page', description: 'option.posts_per_page.hint' },
  rss_items: { label: 'option.rss_items', description: 'option.rss_items.hint' },
  indexable: { label: 'option.indexable', description: 'option.indexable.hint' },
  date_format: { label: 'option.date_format', description: 'option.date_format.hint' },
  default_role: { label: 'option.default_role', description: 'option.default_role.hint' },
  maintenance_mode: { label: 'option.maintenance_mode', description: 'option.maintenance_mode.hint' },
  maintenance_message: { label: 'option.maintenance_message', description: 'option.maintenance_message.hint' },
  registration_open: { label: 'option.registration_open', description: 'option.registration_open.hint' },
} as const;

const GROUPS = {
  general: 'options.general',
  reading: 'options.reading',
  people: 'options.people',
  maintenance: 'options.maintenance',
} as const;

const CHOICES = {
  long: 'choice.long',
  iso: 'choice.iso',
  reader: 'role.reader.short',
  author: 'role.author.short',
} as const;

const has = <Table extends object>(table: Table, key: string): key is keyof Table & string => key in table;

export function useOptionWords() {
  const word = useWords();
  return {
    label: ({ key, label }: SiteOption) => (has(KNOWN, key) ? word(KNOWN[key].label) : label),
    description: ({ key, description }: SiteOption) => (has(KNOWN, key) ? word(KNOWN[key].description) : description),
    choice: (choice: string) => (has(CHOICES, choice) ? word(CHOICES[choice]) : choice),
    group: (group: string) => (has(GROUPS, group) ? word(GROUPS[group]) : group),
  };
}
