import { describe, expect, it } from 'vitest';
import { type Host, Hosts } from './hosts.js';

const TIMINGS = { failedMs: 500, failedMostMs: 4_000, answerMs: 10_000 };
const NONE: ReadonlySet<Host> = new Set();

const host = (name: string, lacks: string[] = []): Host => {
  const unused = { http: undefined, weight: undefined } as unknown as Pick<Host, 'http' | 'weight'>;
  return { ...unused, name, lacks, failures: 0, failedAt: -Infinity, until: -Infinity, why: undefined };
};

function make(...all: Host[]) {
  const hosts = new Hosts(all, TIMINGS);
  return {
    hosts,
    first: all[0] as Host,
    picked: (now: number, path = '/p', tried = NONE): string => {
      const picked = hosts.pick(path, tried, now);
      return picked.ok ? picked.value.name : `${picked.problem.why} in ${picked.problem.retryInMs}`;
    },
    fail: (sentAt: number, now: number, forMs = 0) => hosts.failed(all[0] as Host, { why: 'dead', forMs, sentAt }, now),
  };
}

describe('the hosts', () => {
  it('are asked in their order, those left out that do not serve a path', () => {
    const { picked, first } = make(host('a', ['/q']), host('b', ['/r']));
    expect([picked(0), picked(0, '/q'), picked(0, '/r')]).toEqual(['a', 'b', 'a']);
    expect(picked(0, '/p', new Set([first]))).toBe('b');
  });

  it('that none serves a path is final', () => {
    const { hosts } = make(host('a', ['/q']));
    expect(hosts.pick('/q', NONE, 0)).toMatchObject({
      ok: false,
      problem: { why: 'no host serves /q', retryInMs: 0, isFinal: true },
    });
  });

  it('that fail are passed over for ever longer, up to a bound, and from the beginning when they have answered', () => {
    const { picked, fail, hosts, first } = make(host('a'), host('b'));
    const waits: number[] = [];
    for (let now = 0; waits.length < 5;) {
      fail(now, now);
      let waited = 0;
      while (picked(now + waited) === 'b') waited += 100;
      waits.push(waited);
      now += waited;
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 4_000]);
    hosts.answered(first);
    fail(100_000, 100_000);
    expect([picked(100_499), picked(100_500)]).toEqual(['b', 'a']);
  });

  it('fail once where what failed was under way together', () => {
    const { picked, fail } = make(host('a'), host('b'));
    for (const sentAt of [0, 1, 2]) fail(sentAt, 100 + sentAt);
    expect([picked(599), picked(600)]).toEqual(['b', 'a']);
  });

  it('are passed over for as long as they ask for', () => {
    const { picked, fail } = make(host('a'), host('b'));
    fail(0, 0, 9_000);
    expect([picked(8_999), picked(9_000)]).toEqual(['b', 'a']);
  });

  it('that may be back are asked by one request, others going elsewhere until it is over', () => {
    const { picked, fail, hosts, first } = make(host('a'), host('b'));
    fail(0, 0);
    hosts.begins(first, 500);
    expect([picked(501), picked(10_499), picked(10_500)]).toEqual(['b', 'b', 'a']);
    hosts.answered(first);
    expect(picked(501)).toBe('a');
  });

  it('that have answered are asked by everybody, and so is one that there is no other for', () => {
    const two = make(host('a'), host('b'));
    two.hosts.begins(two.first, 0);
    expect(two.picked(0)).toBe('a');
    const alone = make(host('a'));
    alone.fail(0, 0);
    alone.hosts.begins(alone.first, 500);
    expect(alone.picked(501)).toBe('a');
  });

  it('are passed over for as long as any of several answers asks for, and each failure of its own counts', () => {
    const { picked, fail, first } = make(host('a'), host('b'));
    fail(0, 100);
    fail(50, 200, 9_000);
    expect([first.failures, picked(9_199), picked(9_200)]).toEqual([1, 'b', 'a']);
    fail(100, 9_300);
    expect(first.failures).toBe(2);
  });

  it('that all fail are named with what is wrong with each, and when the first of them is asked again', () => {
    const { hosts, first } = make(host('a'), host('b'), host('c'));
    const [, second] = hosts.all;
    hosts.passOver(first, 'dead', 9_000);
    if (second) hosts.passOver(second, 'banned', 4_000);
    const tried = new Set(hosts.all.slice(2));
    for (const one of tried) one.until = 7_000;
    expect(hosts.pick('/p', tried, 1_000)).toEqual({
      ok: false,
      problem: { why: 'a: dead; b: banned; c: asked already', retryInMs: 3_000, isFinal: false },
    });
  });

  it('that all fail say so, and when the first one is asked again', () => {
    const { picked, fail } = make(host('a'));
    fail(0, 0);
    expect(picked(100)).toBe('a: dead in 400');
  });
});
