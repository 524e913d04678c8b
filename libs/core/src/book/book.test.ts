import { describe, expect, it } from 'vitest';
import type { Level } from '../words/event.js';
import { Book } from './book.js';

const NOTHING = { bids: [], asks: [] };

/** `5 4:2` is the levels 5 (one of it) and 4 (two). */
const levels = (text: string): Level[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((one) => {
      const [price = '', quantity = '1'] = one.split(':');
      return [price, quantity];
    });

const diff = (lastUpdateId: number, bids: string, asks: string) => ({
  lastUpdateId,
  bids: levels(bids),
  asks: levels(asks),
});

const whole = diff;

const text = (of: readonly Level[]): string => of.map((level) => level.join(':')).join(' ');

function shown(book: Book, most?: number): string {
  const { bids, asks, bidsTo, asksTo } = book.levels(most);
  return `${text(bids)} (${bidsTo ?? 'all'}) | ${text(asks)} (${asksTo ?? 'all'})`;
}

describe('a book', () => {
  it('holds what it took and what diffs made of it, best first', () => {
    const book = new Book();
    expect(book.take(whole(10, '99 98 9.5', '100 101 1000'))).toEqual(
      whole(10, '99 98 9.5', '100 101 1000') && {
        bids: levels('99 98 9.5'),
        asks: levels('100 101 1000'),
      },
    );
    expect(book.apply(diff(12, '98:0 99:7 98.5', '99.5 101:0'))).toEqual(NOTHING);
    expect(shown(book)).toBe('99:7 98.5:1 9.5:1 (all) | 99.5:1 100:1 1000:1 (all)');
    expect(book.id).toBe(12);
  });

  it('knows nothing before it has taken a book, though it holds what diffs said', () => {
    const book = new Book();
    book.apply(diff(5, '99', '100'));
    expect([book.isKnown, book.size, book.id]).toEqual([false, 2, 5]);
    expect(book.levels()).toStrictEqual(NOTHING);
    expect(book.take({ ...whole(9, '99 98', '101'), bidsTo: '98' })).toEqual({
      bids: levels('98'),
      asks: levels('100:0 101')
        .toReversed()
        .toSorted(([one], [other]) => Number(one) - Number(other)),
    });
    expect([book.isKnown, shown(book)]).toEqual([true, '99:1 98:1 (98) | 101:1 (all)']);
  });

  it('knows what a book says that is of the very id that diffs have led to', () => {
    const book = new Book();
    book.apply(diff(5, '99', '100'));
    book.take(whole(5, '99 98', '100'));
    expect([book.isKnown, shown(book)]).toEqual([true, '99:1 98:1 (all) | 100:1 (all)']);
  });

  it('is not changed by a diff that it has already', () => {
    const book = new Book();
    book.take(whole(10, '99', '100'));
    expect(book.apply(diff(10, '99:0 50', ''))).toEqual(NOTHING);
    expect(shown(book)).toBe('99:1 (all) | 100:1 (all)');
  });

  it('compares prices as numbers, however they are written and however long they are', () => {
    const book = new Book();
    book.take(whole(1, '9 100000000000.00000001 99.5 100000000000.000000001 99.50000000000000001', '100000000000.1'));
    book.apply(diff(2, '99.50:3 09:4', ''));
    expect(book.levels().bids).toEqual([
      ['100000000000.00000001', '1'],
      ['100000000000.000000001', '1'],
      ['99.50000000000000001', '1'],
      ['99.5', '3'],
      ['9', '4'],
    ]);
  });

  it('has two levels where two prices differ by less than anybody counts', () => {
    const book = new Book();
    book.take(whole(1, '99.5', '101 100.5'));
    book.apply(diff(2, '99.500000000000000001:7 99.500000000000000003:9', '100.500000000000000001:8'));
    book.apply(diff(3, '99.500000000000000002:0 99.500000000000000001:5', '100.500000000000000002:0'));
    expect(shown(book)).toBe(
      '99.500000000000000003:9 99.500000000000000001:5 99.5:1 (all) | 100.5:1 100.500000000000000001:8 101:1 (all)',
    );
  });

  it('takes a book whose levels are out of order, of which some are nothing, and some are told twice', () => {
    const book = new Book();
    book.take(whole(1, '98 99 97:0 98.0:2', '101 100:0 102 101.5'));
    expect(shown(book)).toBe('99:1 98.0:2 (all) | 101:1 101.5:1 102:1 (all)');
    book.apply(diff(2, '98:0', '101.5:0'));
    expect(shown(book)).toBe('99:1 (all) | 101:1 102:1 (all)');
  });

  it('gives as many levels as are asked for, and says that it reaches no further', () => {
    const book = new Book();
    book.take({ ...whole(1, '99 98 97', '100 101'), bidsTo: '90' });
    expect(shown(book, 2)).toBe('99:1 98:1 (98) | 100:1 101:1 (all)');
    expect(shown(book, 3)).toBe('99:1 98:1 97:1 (90) | 100:1 101:1 (all)');
  });

  it('says of the book that it takes only what differs, removed levels with zero', () => {
    const book = new Book();
    book.take(whole(1, '99:1.00 98:2.50 97', '100 102'));
    expect(book.take(whole(9, '99:1.00 98:3.00 96', '101 102'))).toEqual({
      bids: levels('98:3.00 97:0 96'),
      asks: levels('100:0 101'),
    });
  });
});

describe('levels beyond what a book reaches', () => {
  const holed = () => {
    const book = new Book();
    book.take(whole(1, '99 98 97 96', '100 101 102 103'));
    book.take({ ...whole(20, '99 98', '100 101'), bidsTo: '98', asksTo: '101' });
    return book;
  };

  it('stay, but are not given as known', () => {
    expect(shown(holed())).toBe('99:1 98:1 (98) | 100:1 101:1 (101)');
    expect(holed().size).toBe(8);
  });

  it('go when the other side’s price reaches them, and whoever applies the diff is told', () => {
    const book = holed();
    expect(book.apply(diff(21, '102:5 101 99:0', '100:0 101:0'))).toEqual({ bids: [], asks: [['102', '0']] });
    expect(book.size).toBe(6);
    expect(book.apply(diff(22, '', '97:1 98:0'))).toEqual({
      bids: [['97', '0']],
      asks: [],
    });
  });

  it('stay where the same diff sets them, and are as good as others from then on', () => {
    const book = holed();
    expect(book.apply(diff(21, '', '102:9'))).toEqual(NOTHING);
    expect(book.apply(diff(22, '102.5 103.5', ''))).toEqual({ bids: [], asks: [['103', '0']] });
  });

  it('are known again when a deeper book of the same id has been taken', () => {
    const book = holed();
    expect(book.take({ ...whole(20, '99 98 96:4 95', '100 101 102'), bidsTo: '95' })).toEqual({
      bids: levels('97:0 96:4 95'),
      asks: levels('103:0'),
    });
    expect(shown(book)).toBe('99:1 98:1 96:4 95:1 (95) | 100:1 101:1 102:1 (all)');
  });

  it('are certain where a book says them, and stay so when a shallower one of the same id does not', () => {
    const book = holed();
    book.take({ ...whole(20, '99 98', '100 101 102'), bidsTo: '98', asksTo: '102' });
    book.take({ ...whole(20, '99', '100'), bidsTo: '99', asksTo: '100' });
    // No exchange leaves a book crossed; should one do it, certain levels are what it says they are.
    expect(book.apply(diff(21, '102.5', ''))).toEqual(NOTHING);
    expect(book.apply(diff(22, '103', ''))).toEqual({ bids: [], asks: [['103', '0']] });
  });

  it('that were dropped are forgotten: what comes at their price later is certain', () => {
    const book = new Book(3);
    book.take(whole(1, '99', '100 101 102'));
    book.take({ ...whole(20, '99', '100'), asksTo: '100' });
    book.apply(diff(21, '', '99.5'));
    book.apply(diff(22, '', '99.5:0'));
    book.apply(diff(23, '', '102'));
    expect(book.apply(diff(24, '102', ''))).toEqual({ bids: [], asks: [['101', '0']] });
  });

  it.each<[string, (book: Book) => unknown]>([
    ['a diff', (book) => book.apply(diff(21, '', '102:0'))],
    ['a book', (book) => book.take({ ...whole(20, '99 98', '100 101 103'), bidsTo: '98', asksTo: '103' })],
  ])('that %s has removed are forgotten: what comes at their price later is certain', (_, remove) => {
    const book = holed();
    remove(book);
    book.apply(diff(22, '', '102'));
    expect(book.apply(diff(23, '102.5', ''))).toEqual(NOTHING);
  });

  it('are not lost to a shallower book of the same id', () => {
    const book = new Book();
    book.take({ ...whole(1, '99 98 97', '100 101'), bidsTo: '97' });
    book.take({ ...whole(1, '99', '100'), bidsTo: '99', asksTo: '100' });
    expect(shown(book)).toBe('99:1 98:1 97:1 (97) | 100:1 101:1 (all)');
  });
});

describe('a book that keeps only so many levels', () => {
  it('drops the worst and knows no further than what is left', () => {
    const book = new Book(2);
    book.take(whole(1, '99 98 97', '100'));
    expect(shown(book)).toBe('99:1 98:1 (98) | 100:1 (all)');
    book.apply(diff(2, '98.5', '101'));
    expect(shown(book)).toBe('99:1 98.5:1 (98.5) | 100:1 101:1 (all)');
    book.apply(diff(3, '', '105'));
    expect(shown(book)).toBe('99:1 98.5:1 (98.5) | 100:1 101:1 (101)');
    book.apply(diff(4, '99:0', '100:0'));
    expect(shown(book)).toBe('98.5:1 (98.5) | 101:1 (101)');
    expect(book.size).toBe(2);
  });

  it('knows no less when what it drops was not known, and no more than the rest when some of it was', () => {
    const book = new Book(3);
    book.take(whole(1, '99 98 97', '100'));
    book.take({ ...whole(2, '99', '100'), bidsTo: '99' });
    book.apply(diff(3, '98.5', ''));
    expect([shown(book), book.size]).toEqual(['99:1 (99) | 100:1 (all)', 4]);
    book.apply(diff(4, '99.5 99.4', ''));
    expect(shown(book)).toBe('99.5:1 99.4:1 99:1 (99) | 100:1 (all)');
    book.take({ ...whole(5, '99.5', '100'), bidsTo: '99.5' });
    book.apply(diff(6, '99.9 99.8 99.7', ''));
    expect(shown(book)).toBe('99.9:1 99.8:1 99.7:1 (99.7) | 100:1 (all)');
  });
});
