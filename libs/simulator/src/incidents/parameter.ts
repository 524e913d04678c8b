/** One parameter of an incident: what it means, what it is when not given, and how it is read from JSON. */
export interface Parameter<T> {
  readonly says: string;
  readonly fallback: T;
  /** The value; undefined when it is not one. */
  read(value: unknown): T | undefined;
  /** What a good value looks like, for the message about a bad one. */
  readonly expected: string;
}

export const number = <T extends number | undefined>(says: string, fallback: T): Parameter<T | number> => ({
  says,
  fallback,
  expected: 'a number that is not negative',
  read: (value) => (typeof value === 'number' && value >= 0 ? value : undefined),
});

export const text = <T extends string | undefined>(says: string, fallback: T): Parameter<T | string> => ({
  says,
  fallback,
  expected: 'a text',
  read: (value) => (typeof value === 'string' ? value : undefined),
});

export const oneOf = <T extends string>(says: string, fallback: T, values: readonly T[]): Parameter<T> => ({
  says,
  fallback,
  expected: `one of ${values.join(', ')}`,
  read: (value) => values.find((known) => known === value),
});

/** Which open connections are struck; a number is a fraction of them (at least one). */
export type Share = 'all' | 'one' | 'oldest' | 'newest' | number;

const NAMED_SHARES = ['all', 'one', 'oldest', 'newest'] as const;

export const share = (fallback: Share = 'all'): Parameter<Share> => ({
  says: 'which open connections',
  fallback,
  expected: 'all, one, oldest, newest, or a fraction from 0 to 1',
  read: (value) =>
    typeof value === 'number' && value >= 0 && value <= 1 ? value : NAMED_SHARES.find((known) => known === value),
});
