import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import type { Epoch, LeaseLeft } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Succession } from './succession.js';

const TERM = 7;
const { channels } = spot;

let clock: FakeClock;
let bus: MemoryBus;
let found: (string | undefined)[];
let leader: Succession;

const upstream = (
  me: string,
  follows: () => Epoch | undefined = () => undefined,
  left: LeaseLeft[] = [],
  unsure = 0,
  hasBrought: (silentMs: number) => boolean = () => false,
): Succession => {
  const couldFollow = (): { term: Epoch; unsure: number } | undefined => {
    const term = follows();
    return term === undefined ? undefined : { term, unsure };
  };
  const { ask, messages } = bus;
  const one = new Succession({
    ask,
    messages,
    channels,
    clock,
    me,
    couldFollow,
    hasBrought,
    left: (said) => left.push(said),
  });
  one.start();
  return one;
};
const call = (): void => leader.call(TERM, (owner) => found.push(owner));

beforeEach(() => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  found = [];
  leader = upstream('a');
});

describe('an upstream that is about to go', () => {
  it('finds one that can go on, and asks no further', () => {
    upstream('b', () => TERM);
    call();
    clock.advance(10_000);
    expect([found, clock.pending]).toEqual([['b'], 0]);
  });

  it('asks again and again, for one may come to be sure of all streams', () => {
    let term: Epoch | undefined;
    upstream('b', () => term);
    call();
    clock.advance(1_999);
    expect(found).toEqual([]);
    term = TERM;
    clock.advance(1);
    expect(found).toEqual(['b']);
  });

  it('finds, where it goes only because its lines bring nothing, one whose lines have brought something meanwhile', () => {
    let silentMs = 3_000;
    upstream(
      'b',
      () => TERM,
      [],
      0,
      () => false,
    );
    upstream(
      'c',
      () => TERM,
      [],
      0,
      (ms) => ms >= 3_500,
    );
    leader.call(
      TERM,
      (owner) => found.push(owner),
      () => silentMs,
    );
    clock.advance(499);
    expect(found).toEqual([]);
    silentMs = 3_500;
    clock.advance(1);
    expect(found).toEqual(['c']);
  });

  it('finds nobody in five seconds where nobody can, nor one who follows another term', () => {
    upstream('b', () => undefined);
    upstream('c', () => TERM - 1);
    call();
    clock.advance(4_999);
    expect(found).toEqual([]);
    clock.advance(1);
    expect([found, clock.pending]).toEqual([[undefined], 0]);
  });

  it('takes one that is not sure of all streams where nobody is, and of such the one that is surer', () => {
    upstream('b', () => TERM, [], 5_000);
    upstream('c', () => TERM, [], 60);
    call();
    clock.advance(1_249);
    expect(found).toEqual([]);
    clock.advance(251);
    expect(found).toEqual(['c']);
  });

  it('takes no answer that is none for one, and asks no faster for it', () => {
    let questions = 0;
    bus.ask.answer(channels.succession, () => ({ owner: (questions += 1) }));
    call();
    clock.advance(5_000);
    expect([found, questions]).toEqual([[undefined], 20]);
  });

  it('looks for nobody any more once it was told so, or has stopped', () => {
    call();
    clock.advance(1_000);
    leader.giveUp();
    expect(clock.pending).toBe(0);
    call();
    leader.stop();
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(found).toEqual([]);
  });

  it('begins anew where it is told to look again', () => {
    call();
    clock.advance(4_000);
    call();
    clock.advance(4_999);
    expect(found).toEqual([]);
    clock.advance(1);
    expect(found).toEqual([undefined]);
  });
});

describe('an upstream that stands by', () => {
  it('hears that one has gone, and who is meant', () => {
    const left: LeaseLeft[] = [];
    const standby = upstream('b', () => TERM, left);
    leader.sayLeft(TERM, 'b');
    leader.sayLeft(TERM, undefined);
    bus.messages.publish(channels.left, 'junk');
    standby.stop();
    leader.sayLeft(TERM, 'c');
    expect(left).toEqual([
      { term: TERM, next: 'b' },
      { term: TERM, next: '' },
    ]);
  });

  it('answers no question that is none, nor any once it has stopped', () => {
    const standby = upstream('b', () => TERM);
    const answers: unknown[] = [];
    const ask = (question: unknown): void => {
      bus.ask.ask(channels.succession, question, 100, (answer) => answers.push(answer));
      clock.advance(100);
    };
    ask({ term: `${TERM}`, mostUnsure: 0 });
    ask({ term: TERM });
    ask({ term: TERM, mostUnsure: 0 });
    standby.stop();
    ask({ term: TERM, mostUnsure: 0 });
    expect(answers).toEqual([undefined, undefined, { owner: 'b' }, undefined]);
  });

  it('answers with nothing where nothing could be followed, whatever is asked', () => {
    upstream('b');
    const answers: unknown[] = [];
    bus.ask.ask(channels.succession, {}, 100, (answer) => answers.push(answer));
    clock.advance(100);
    expect(answers).toEqual([undefined]);
  });
});
