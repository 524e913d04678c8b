/** What differs between two pages: whole sections, or of a list whose rows have a key only those that are others now. */
export type PageChanges = Record<string, { whole: unknown } | { rows: Keyed[]; keys?: string[] }>;

interface Keyed {
  key: string;
}

type Part = Readonly<Record<string, unknown>>;

export function changesBetween(before: object, after: object): PageChanges {
  const changes: PageChanges = {};
  for (const [name, now] of Object.entries(after as Part)) {
    const was = (before as Part)[name];
    if (JSON.stringify(was) === JSON.stringify(now)) continue;
    changes[name] = isList(was) && isList(now) ? rowsBetween(was, now) : { whole: now };
  }
  return changes;
}

/** The page before and what differs make the page after. What has not changed is the very same object as before. */
export function withChanges<T extends object>(before: T, changes: PageChanges): T {
  const after = { ...before } as Record<string, unknown>;
  for (const [name, change] of Object.entries(changes)) {
    after[name] = 'whole' in change ? change.whole : mended(after[name], change.rows, change.keys);
  }
  return after as T;
}

function rowsBetween(was: readonly Keyed[], now: readonly Keyed[]): { rows: Keyed[]; keys?: string[] } {
  const texts = new Map(was.map((row) => [row.key, JSON.stringify(row)]));
  const rows = now.filter((row) => texts.get(row.key) !== JSON.stringify(row));
  const isSameOrder = was.length === now.length && was.every(({ key }, at) => key === now[at]?.key);
  return isSameOrder ? { rows } : { rows, keys: now.map(({ key }) => key) };
}

function mended(was: unknown, rows: readonly Keyed[], keys?: readonly string[]): Keyed[] {
  const list = isList(was) ? was : [];
  const known = new Map([...list, ...rows].map((row) => [row.key, row]));
  return (keys ?? list.map(({ key }) => key)).flatMap((key) => known.get(key) ?? []);
}

/** Every row has a key of its own. */
function isList(value: unknown): value is Keyed[] {
  if (!Array.isArray(value)) return false;
  const keys = new Set(value.map((row) => (row as Partial<Keyed> | null)?.key));
  return keys.size === value.length && !keys.has(undefined);
}
