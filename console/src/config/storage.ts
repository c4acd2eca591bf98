/** What this browser keeps of a person's choices. Storage may be forbidden; a choice then lasts as long as the page. */

export function readChoice(name: string): string | undefined {
  try {
    return localStorage.getItem(`reverie-${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param value undefined forgets the choice */
export function keepChoice(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`reverie-${name}`);
    else localStorage.setItem(`reverie-${name}`, value);
  } catch {
    // It lasts as long as the page.
  }
}
