import type { MarketEvent } from '#libs/core';

/**
 * The event with all its instants in this unit, as Binance would have sent it to somebody who asked for that: microseconds
 * that did not come are zeros, and those that are not wanted are cut off.
 */
export function inUnit(event: MarketEvent, unit: 'MILLISECOND' | 'MICROSECOND'): MarketEvent {
  const { timeUnit = 'MILLISECOND', ...rest } = event;
  if (timeUnit === unit) return event;
  for (const [field, value] of Object.entries(rest)) {
    if (!field.endsWith('At') || typeof value !== 'number') continue;
    Reflect.set(rest, field, unit === 'MICROSECOND' ? value * 1000 : Math.floor(value / 1000));
  }
  return unit === 'MICROSECOND' ? { ...rest, timeUnit: unit } : rest;
}
