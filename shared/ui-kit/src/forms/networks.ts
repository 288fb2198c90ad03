/** Addresses and networks as people enter them: separated by commas, spaces or new lines. */
export const networksOf = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== '');
