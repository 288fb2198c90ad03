/** What was typed and not yet saved, kept on this device in case the page closes. */

export interface Backup {
  title: string;
  content: string;
  at: string;
}

const key = (slug: string | undefined) => `freehold.admin.backup.${slug ?? ''}`;

export function keepBackup(slug: string | undefined, text: Omit<Backup, 'at'>): void {
  try {
    localStorage.setItem(key(slug), JSON.stringify({ ...text, at: new Date().toISOString() }));
  } catch {
    // Storage is full or blocked: the text is still in the editor, and saving still works.
  }
}

export function dropBackup(slug: string | undefined): void {
  localStorage.removeItem(key(slug));
}

export function findBackup(slug: string | undefined): Backup | null {
  try {
    return JSON.parse(localStorage.getItem(key(slug)) ?? 'null') as Backup | null;
  } catch {
    return null;
  }
}
