import { describe, expect, it } from 'vitest';
import type { Ending } from '#libs/link';
import { describe as inWords, lossOf } from './loss.js';

const dropped: Ending = { closedBy: 'transport', cause: 'closed', code: 1006, reason: '' };

describe('streams whose line has dropped', () => {
  it('recover while the next attempt is near, and are stale when it is more than 5 s away', () => {
    expect(lossOf(dropped, 0)).toEqual({ state: 'recovering', cause: 'connection-lost' });
    expect(lossOf(dropped, 5_000)).toEqual({ state: 'recovering', cause: 'connection-lost' });
    expect(lossOf(dropped, 5_001)).toEqual({ state: 'stale', cause: 'connection-lost' });
  });

  it('are stale at once where Binance refuses us, however near the next attempt is', () => {
    const refused: Ending = { closedBy: 'peer', cause: 'refused' };
    expect(lossOf(refused, 0)).toEqual({ state: 'stale', cause: 'connection-refused' });
  });
});

describe('an ending in words', () => {
  it('names who it was and what is known, and leaves out what is not', () => {
    expect(inWords({ closedBy: 'peer', cause: 'closed', code: 1008, reason: 'too many' })).toBe(
      'ended by Binance: closed 1008 too many',
    );
    expect(inWords(dropped)).toBe('ended by the network: closed 1006');
    expect(inWords({ closedBy: 'us', cause: 'stopped' })).toBe('ended by us: stopped');
  });
});
