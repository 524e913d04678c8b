import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { HistoryShelf, type MissedAnswer, placeIn } from '#libs/core';
import type { Series } from '../streams/series.js';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { MissedDesk } from './missed-desk.js';

const CHANNEL = 'holdfast:spot:missed';

const trade = (seq: number, bytes = 100): string =>
  `{"type":"trade","stream":"a@trade","epoch":7,"seq":${seq},"more":"`.padEnd(bytes - 2, 'x') + '"}';

describe('who has missed messages of an upstream', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let shelf: HistoryShelf;
  let wanted: Map<string, Series>;
  let desk: MissedDesk;
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    shelf = new HistoryShelf({ streamBytes: 100_000_000, totalBytes: 1e9, ageMs: 60_000 });
    wanted = new Map();
    desk = new MissedDesk({ ask: bus.ask, channel: CHANNEL, streams: { wanted }, clock });
    desk.start();
  });
  const carry = (name: string, count: number, bytes?: number): void => {
    const history = shelf.open();
    for (let seq = 1; seq <= count; seq += 1) history?.take(trade(seq, bytes));
    wanted.set(name, { history } as unknown as Series);
  };
  /** The seqs of what it is answered; undefined where there is no answer. */
  const ask = (question: object): number[] | undefined => {
    let answer: MissedAnswer | undefined;
    bus.ask.ask(CHANNEL, { stream: 'a@trade', epoch: 7, after: 2, to: 5, ...question }, 1_000, (given) => {
      answer = given as MissedAnswer | undefined;
    });
    clock.advance(1_000);
    return answer?.texts.map((text) => placeIn(text).seq);
  };

  it('is given them, as many as one answer holds', () => {
    carry('a@trade', 5);
    expect(ask({})).toEqual([3, 4, 5]);
    carry('large@trade', 5, 200_000);
    expect(ask({ stream: 'large@trade' })).toEqual([3, 4]);
  });

  it('hears nothing where one of them is not there, or nobody wants the stream, or nothing is kept, or the question is none', () => {
    carry('a@trade', 5);
    wanted.set('unkept@trade', { history: undefined } as unknown as Series);
    const questions = [{ to: 6 }, { epoch: 6 }, { stream: 'b@trade' }, { stream: 'unkept@trade' }, { after: 'x' }];
    expect(questions.map(ask)).toEqual(questions.map(() => undefined));
    desk.stop();
    expect(ask({})).toBeUndefined();
  });

  it('is told to ask again where too many do', () => {
    carry('a@trade', 20, 499_000);
    const texts: (number[] | undefined)[] = [];
    const question = { stream: 'a@trade', epoch: 7, after: 2, to: 3 };
    for (let asker = 0; asker < 12; asker += 1) {
      bus.ask.ask(CHANNEL, question, 1_000, (given) =>
        texts.push((given as MissedAnswer).texts.map((text) => placeIn(text).seq)),
      );
    }
    expect(texts.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => [3]));
    expect(texts.at(-1)).toEqual([]);
    clock.advance(1_000);
    expect(ask(question)).toEqual([3]);
  });
});
