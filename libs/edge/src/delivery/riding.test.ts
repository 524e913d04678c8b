import { beforeEach, describe, expect, it } from 'vitest';
import type { BookLevels } from '#libs/core';
import { Riding } from './riding.js';

const bids = (...levels: [price: string, quantity: string][]): BookLevels => ({ bids: levels, asks: [] });
const asks = (...levels: [price: string, quantity: string][]): BookLevels => ({ bids: [], asks: levels });

describe('levels that clients have still to be told', () => {
  let riding: Riding;
  beforeEach(() => {
    riding = new Riding();
    riding.add(bids(['99', '1'], ['90', '2']), {});
  });

  it('ride in the next diff, once, and what that says itself is right', () => {
    expect(riding.take(bids(['99', '5']))).toEqual(bids(['90', '2'], ['99', '5']));
    expect(riding.take(bids(['98', '1']))).toEqual(bids(['98', '1']));
  });

  it('are told over a hole as far as the book behind it reaches; what it does not reach may be out of date', () => {
    expect(riding.bridge(bids(['98', '3']), { bidsTo: '95' })).toEqual(bids(['99', '1'], ['98', '3']));
    expect(riding.take(bids(['97', '1']))).toEqual(bids(['97', '1']));
  });

  it('are told after that when a deeper book has confirmed them, as it has them', () => {
    riding.add(asks(['120', '7']), {});
    riding.bridge(bids(), { bidsTo: '95', asksTo: '110' });
    riding.add(bids(['90', '4']), { bidsTo: '80', asksTo: '115' });
    expect(riding.take(bids())).toEqual(bids(['90', '4']));
    riding.add(bids(), { bidsTo: '80', asksTo: '130' });
    expect(riding.take(bids())).toEqual(asks(['120', '7']));
  });

  it('are not told at all where a diff has said otherwise since', () => {
    riding.bridge(bids(), { bidsTo: '95' });
    riding.take(bids(['90', '0']));
    riding.add(bids(), {});
    expect(riding.take(bids())).toEqual(bids());
  });

  it('are doubtful, too, where diffs went on over a hole without a book', () => {
    riding.doubt();
    expect(riding.take(bids(['97', '1']))).toEqual(bids(['97', '1']));
    riding.add(bids(), {});
    expect(riding.take(bids())).toEqual(bids(['99', '1'], ['90', '2']));
  });

  it('are forgotten where what clients hold leads nowhere', () => {
    riding.doubt();
    riding.clear();
    riding.add(bids(), {});
    expect(riding.take(bids())).toEqual(bids());
  });
});
