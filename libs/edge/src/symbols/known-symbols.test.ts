import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { KnownSymbols } from './known-symbols.js';

const { symbols: channel } = spot.channels;

describe('the symbols that an edge knows', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let answer: unknown;
  let questions: unknown[];
  let known: KnownSymbols;
  let changes: number;
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    questions = [];
    changes = 0;
    answer = { mark: 'one', symbols: ['BTCUSDT'] };
    known = new KnownSymbols({ messages: bus.messages, ask: bus.ask, clock, channel });
    known.watchers.add(() => (changes += 1));
    bus.ask.answer(channel, (question) => {
      questions.push(question);
      return answer;
    });
  });
  const lacks = (symbol?: string): boolean => known.lacks({ ...(symbol !== undefined && { symbol }) });

  it('are those that the upstream names, and any before it has', () => {
    expect([lacks('FOOUSDT'), known.size]).toEqual([false, 0]);
    known.start();
    expect([lacks('FOOUSDT'), lacks('BTCUSDT'), lacks(), known.size]).toEqual([true, false, false, 1]);
  });

  it('are asked for again and again with what is known, and watched', () => {
    known.start();
    answer = { mark: 'one' };
    clock.advance(2_000);
    answer = { mark: 'two', symbols: ['FOOUSDT'] };
    clock.advance(2_000);
    expect(questions).toEqual([{ mark: null }, { mark: 'one' }, { mark: 'one' }]);
    expect([lacks('FOOUSDT'), lacks('BTCUSDT'), changes]).toEqual([false, true, 2]);
    known.stop();
    clock.advance(10_000);
    expect(questions).toHaveLength(3);
  });

  it('are said to be missed by those who wait, and how long the newest has been; to the upstream, by nobody’s name', () => {
    let isAwaited = true;
    known.isAwaited = () => isAwaited;
    known.miss('FOOUSDT');
    clock.advance(500);
    known.start();
    clock.advance(2_000);
    known.miss('FOOUSDT');
    clock.advance(2_000);
    known.miss('BARUSDT');
    clock.advance(2_000);
    const said = [500, 2_500, 4_500, 2_000].map((missedMs, at) => ({ mark: at === 0 ? null : 'one', missedMs }));
    expect(questions).toEqual(said);
    isAwaited = false;
    clock.advance(118_000);
    expect(questions.at(-1)).toEqual({ mark: 'one' });
  });

  it('are said to be missed for two minutes where nobody waits, for who was refused may ask again; and anew after ten', () => {
    known.miss('FOOUSDT');
    known.start();
    clock.advance(118_000);
    expect(questions.at(-1)).toEqual({ mark: 'one', missedMs: 118_000 });
    clock.advance(2_000);
    expect(questions.at(-1)).toEqual({ mark: 'one' });
    known.miss('FOOUSDT');
    clock.advance(2_000);
    expect(questions.at(-1)).toEqual({ mark: 'one', missedMs: 122_000 });
    clock.advance(478_000);
    known.miss('FOOUSDT');
    clock.advance(2_000);
    expect(questions.at(-1)).toEqual({ mark: 'one', missedMs: 2_000 });
  });

  it('remember of those that are missed the newest thousand: who makes up more is told nothing else', () => {
    for (let made = 0; made <= 1_000; made += 1) known.miss(`JUNK${made}USDT`);
    known.start();
    clock.advance(1_000);
    known.miss('JUNK1000USDT');
    known.miss('JUNK1USDT');
    clock.advance(1_000);
    expect(questions.at(-1)).toEqual({ mark: 'one', missedMs: 2_000 });
    known.miss('JUNK0USDT');
    clock.advance(2_000);
    expect(questions.at(-1)).toEqual({ mark: 'one', missedMs: 2_000 });
  });

  it('are any again once the upstream knows nothing, and stay where it is silent or talks nonsense', () => {
    known.start();
    for (const nonsense of [undefined, 7, { mark: 'two' }, { mark: 'two', symbols: [] }, { symbols: ['A'] }]) {
      answer = nonsense;
      clock.advance(2_000);
      expect([lacks('FOOUSDT'), changes]).toEqual([true, 1]);
    }
    answer = { mark: null };
    clock.advance(2_000);
    expect([lacks('FOOUSDT'), changes]).toEqual([false, 2]);
  });
});
