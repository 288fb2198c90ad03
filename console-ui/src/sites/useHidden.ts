/** What somebody put away for good on this device, such as the list of first steps. */
import { useState } from 'react';

const STORED = 'freehold.hidden.';

function isStored(name: string): boolean {
  try {
    return localStorage.getItem(STORED + name) !== null;
  } catch {
    return false;
  }
}

export function useHidden(name: string): [boolean, () => void] {
  const [hidden, setHidden] = useState(() => isStored(name));
  const hide = () => {
    setHidden(true);
    try {
      localStorage.setItem(STORED + name, '1');
    } catch {
      // Without storage it stays away until the screen is opened again.
    }
  };
  return [hidden, hide];
}
