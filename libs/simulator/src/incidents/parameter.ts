/** One parameter of an incident: what it means, what it is when not given, and how it is read from JSON. */
export interface Parameter<T> {
  readonly says: string;
  readonly fallback: T;
  /** The value; undefined when it is not one. */
  read(value: unknown): T | undefined;
  /** What a good value looks like, for the message about a bad one. */
  readonly expected: string;
}

/** The longest wait a timer can have, and the most of anything that is not limited otherwise. */
const MOST = 2 ** 31 - 1;

/** A whole number from 0 to `most`. */
export const whole = <T extends number | undefined>(says: string, fallback: T, most = MOST): Parameter<T | number> => ({
  says,
  fallback,
  expected: `a whole number from 0 to ${most}`,
  read: (value) => (isWhole(value) && value <= most ? value : undefined),
});

/** A number above 0, up to 1,000. */
export const factor = (says: string, fallback: number): Parameter<number> => ({
  says,
  fallback,
  expected: 'a number from 0.001 to 1000',
  read: (value) => (typeof value === 'number' && value >= 0.001 && value <= 1_000 ? value : undefined),
});

/** A code that a close frame may carry, or 1005 for a close frame without one. */
export const closeCode = (fallback: number): Parameter<number> => ({
  says: 'close code; 1005 sends a close frame without one',
  fallback,
  expected: '1000 to 1003, 1005, 1007 to 1014, or 3000 to 4999',
  read: (value) => (isWhole(value) && isCloseCode(value) ? value : undefined),
});

/** Whether a close frame may carry this code; 1005 stands for none. */
export const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) || (code >= 3000 && code <= 4999);

/** A close reason: a close frame has room for 123 bytes of it. */
export const closeReason = (): Parameter<string> => ({
  says: 'reason text',
  fallback: '',
  expected: 'a text of at most 123 bytes',
  read: (value) => (isCloseReason(value) ? value : undefined),
});

export const isCloseReason = (value: unknown): value is string =>
  typeof value === 'string' && Buffer.byteLength(value) <= 123;

/** An HTTP status that refuses. */
export const refusalStatus = (fallback: number): Parameter<number> => ({
  says: 'HTTP status: 429, 418, 403, 404, 451, 503, …',
  fallback,
  expected: 'a status from 400 to 599',
  read: (value) => (isWhole(value) && isRefusalStatus(value) ? value : undefined),
});

export const isRefusalStatus = (status: number): boolean => status >= 400 && status <= 599;

const isWhole = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

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
