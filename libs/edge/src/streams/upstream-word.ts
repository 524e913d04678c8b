import type { Heartbeat, Place, Welcome } from '#libs/core';

/** A heartbeat, or undefined where the text is none. Never throws. */
export function readHeartbeat(text: string): Heartbeat | undefined {
  const { epoch, at } = readObject(text);
  return Number.isSafeInteger(epoch) && typeof at === 'number' ? { epoch: Number(epoch), at } : undefined;
}

/** A welcome, or undefined where the text is none. Never throws. */
export function readWelcome(text: string): Welcome | undefined {
  const { stream, place, feed, latest } = readObject(text);
  if (typeof stream !== 'string' || typeof feed !== 'string' || !isPlace(place) || !isTexts(latest)) return undefined;
  return { stream, place, feed, latest };
}

/** Whether this is a place: two whole numbers. */
export function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, seq } = value as Partial<Record<keyof Place, unknown>>;
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq);
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

function readObject(text: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
