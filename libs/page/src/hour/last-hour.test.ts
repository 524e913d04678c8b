import { describe, expect, it } from 'vitest';
import { attempt, failed, facts } from './hour.rig.js';
import { happeningsOf } from './happenings.js';
import { HOUR_MS, LastHour } from './last-hour.js';
import { sayTally, tallyOf } from './tally.js';

const T = 1_790_000_000_000;

const says = (hour: LastHour, now: number): string => sayTally(tallyOf(hour.moments, now), hour.spanAt(now));

const lines = (hour: LastHour, backMs: number | null = 800): string[] =>
  happeningsOf(hour.moments, () => backMs).map(({ tone, what, more }) => [tone, what, ...more].join(' | '));

/** An hour that has watched for a while and seen nothing. */
const calm = (): LastHour => {
  const hour = new LastHour(T);
  hour.note(facts(T + 1_000));
  return hour;
};

describe('the last hour, in one sentence', () => {
  it('says that nothing happened, and for how long that is known', () => {
    expect(says(calm(), T + 252_000)).toBe('In the 4 min 12 s since the start: no drop, 0 ids lost, 0 filled.');
    expect(says(calm(), T + 2 * HOUR_MS)).toBe('In the last hour: no drop, 0 ids lost, 0 filled.');
  });

  it('says how many dropped, by whom, and what became of what was missed', () => {
    const hour = calm();
    const journal = [1, 2, 3].map((number) => attempt(number, T + number * 10_000));
    hour.note(facts(T + 31_000, { sections: { journal }, counted: { filled: 412 } }));
    expect(says(hour, T + HOUR_MS)).toBe('In the last hour: 3 drops, all by Binance, 0 ids lost, 412 filled.');
  });

  it('tells who from whom, and attempts that failed from connections that dropped', () => {
    const hour = calm();
    const journal = [
      attempt(1, T + 2_000),
      attempt(2, T + 3_000, { closedBy: 'transport', cause: 'reset' }),
      attempt(3, T + 4_000, { closedBy: 'us', cause: 'silence' }),
      failed(4, T + 5_000),
      failed(5, T + 6_000, { closedBy: 'transport', cause: 'dns' }),
      attempt(6, T + 7_000, { closedBy: 'us', cause: 'replaced' }),
    ];
    hour.note(facts(T + 8_000, { sections: { journal }, counted: { missing: 7, gaps: 2 } }));
    expect(says(hour, T + 8_000)).toBe(
      'In the 8.0 s since the start: 3 drops (1 by Binance, 1 by the network, 1 by us), 2 attempts to connect failed (1 by Binance, 1 by the network), 7 ids lost, 0 filled.',
    );
  });

  it('says how long others were away, and counts what goes on up to now', () => {
    const hour = calm();
    const away = { behind: { bus: 'Redis is away' } };
    hour.note(facts(T + 10_000, away));
    hour.note(facts(T + 12_000, { ...away, counted: { notCarried: 30 } }));
    expect(says(hour, T + 15_000)).toContain('Redis away for 5.0 s (30 messages not carried)');
    hour.note(facts(T + 20_000, { counted: { notCarried: 30 } }));
    hour.note(facts(T + 50_000, away));
    hour.note(facts(T + 52_000));
    expect(says(hour, T + 60_000)).toContain('Redis away 2 times, for 12.0 s in all');
  });

  it('forgets what is older than an hour, and is bounded however much happens', () => {
    const hour = calm();
    hour.note(facts(T + 2_000, { sections: { journal: [attempt(1, T + 2_000)] } }));
    hour.note(facts(T + 2_000 + HOUR_MS));
    expect(says(hour, T + 2_000 + HOUR_MS)).toBe('In the last hour: no drop, 0 ids lost, 0 filled.');
    for (let second = 0; second < 6_000; second += 1) hour.note(facts(T + HOUR_MS, { counted: { filled: second } }));
    expect(hour.moments).toHaveLength(5_000);
  });

  it('counts an attempt once, however often it is looked at, and though the journal goes on writing into its records', () => {
    const hour = calm();
    const { closedAt, ...open } = attempt(1, T + 9_000);
    const record: Record<string, unknown> = { ...open };
    const look = (at: number): void => hour.note(facts(at, { sections: { journal: [record] } }));
    look(T + 5_000);
    record['closedAt'] = closedAt;
    for (const at of [9_500, 10_500, 11_500]) look(T + at);
    expect(says(hour, T + 12_000)).toContain('1 drop by Binance');
  });
});

describe('how the process is', () => {
  it('is said since it is so, and why', () => {
    const hour = calm();
    expect(hour.verdict).toEqual({ health: 'well', sinceAt: T, reasons: [] });
    hour.note(facts(T + 5_000, { behind: { 'upstream heard': 'spot: none' } }));
    hour.note(facts(T + 6_000, { behind: { 'upstream heard': 'spot: still none' } }));
    expect(hour.verdict).toEqual({
      health: 'impaired',
      sinceAt: T + 5_000,
      reasons: [{ what: 'Upstream', why: 'spot: still none' }],
    });
    hour.note(facts(T + 7_000, { troubles: { bus: 'away' } }));
    expect(hour.verdict).toMatchObject({ health: 'down', sinceAt: T + 7_000 });
    hour.note(facts(T + 8_000));
    expect(hour.verdict).toEqual({ health: 'well', sinceAt: T + 8_000, reasons: [] });
  });

  it('is not well while streams do not flow, though nothing else is wrong', () => {
    const hour = calm();
    hour.note(facts(T + 5_000, { counted: { unwell: 1 } }));
    expect(hour.verdict).toMatchObject({
      health: 'impaired',
      reasons: [{ what: 'Streams', why: '1 of 40 streams does not flow as it should' }],
    });
  });

  it('without a connection says who ended it', () => {
    const hour = calm();
    const troubles = { 'connections to Binance': '1 of 1 not open' };
    hour.note(facts(T + 5_000, { troubles, sections: { journal: [failed(1, T + 4_000)] } }));
    expect(hour.verdict.reasons).toEqual([
      { what: 'Binance', why: '1 of 1 not open. Binance refused an attempt to connect (HTTP 503)' },
    ]);
  });
});

describe('what happened', () => {
  it('is told the newest first: who, how, what was lost, when data came again, what was done', () => {
    const hour = calm();
    const first = attempt(1, T + 2_000);
    const second = attempt(2, T + 30_000, { closedBy: 'transport', cause: 'dropped', code: 1006 });
    hour.note(facts(T + 3_000, { sections: { journal: [first] } }));
    hour.note(facts(T + 4_000, { sections: { journal: [first] }, counted: { filled: 12 } }));
    hour.note(facts(T + 31_000, { sections: { journal: [first, second] }, counted: { filled: 12 } }));
    expect(lines(hour)).toEqual([
      'warn | The network cut connection 1 (dropped, 1006) | 0 ids lost, 0 filled | data again after 0.8 s | it lived 1 min 0 s and carried 40 streams | then: next attempt in 0.5 s',
      'warn | Binance closed connection 1 (1000) | 0 ids lost, 12 filled | data again after 0.8 s | it lived 1 min 0 s and carried 40 streams | then: next attempt in 0.5 s',
    ]);
    expect(lines(hour, null)[0]).toMatch(
      /^bad .*no data since on that connection \| what is missed meanwhile is fetched/,
    );
  });

  it('has one line for attempts that fail alike, and none for a connection that is missed because of that', () => {
    const hour = calm();
    const journal = [attempt(1, T + 2_000), ...[2, 3, 4, 5].map((number) => failed(number, T + number * 1_500))];
    const troubles = { 'connections to Binance': '1 of 1 not open' };
    hour.note(facts(T + 3_000, { troubles, sections: { journal: journal.slice(0, 1) } }));
    hour.note(facts(T + 8_000, { troubles, sections: { journal } }));
    expect(lines(hour).map((line) => line.split(' | ')[1])).toEqual([
      'Binance refused an attempt to connect (HTTP 503), 4 times in 4.5 s',
      'Binance closed connection 1 (1000)',
    ]);
  });

  it('names what is lost for good, why nobody had it, and where it may still be had', () => {
    const hour = calm();
    const hole = {
      stream: 'btcusdt@trade',
      missing: { from: 5, to: 11 },
      at: T + 4_000,
      why: 'history: ECONNREFUSED',
      url: 'https://api/x',
    };
    const sections = { holes: { newest: [hole] } };
    hour.note(facts(T + 5_000, { sections, counted: { missing: 7, gaps: 1 } }));
    hour.note(facts(T + 6_000, { sections, counted: { missing: 7, gaps: 1 } }));
    expect(lines(hour)).toEqual([
      'bad | btcusdt@trade lost 5 to 11 for good: no connection brought it, and it could not be fetched | history: ECONNREFUSED | clients were told: a gap | what may still have it: https://api/x',
    ]);
  });

  it('tells of what was fetched though no connection dropped', () => {
    const hour = calm();
    hour.note(facts(T + 5_000, { counted: { filled: 5 } }));
    expect(lines(hour)).toEqual([
      'good | 5 ids did not come from Binance, and were fetched | 0 ids lost | no connection dropped',
    ]);
  });

  it('tells of a client that was closed as too slow, and of none that left by itself', () => {
    const hour = calm();
    const client = {
      id: 4,
      address: '10.0.0.1',
      agent: 'qt',
      wire: 'binance',
      connectedAt: T,
      leftAt: T + 4_000,
      code: 1008,
    };
    const gone = [
      { ...client, holder: 'alice', by: 'us', why: 'read too slowly: 70,000 bytes waited for it' },
      { ...client, id: 5, by: 'client', why: 'it closed' },
      { ...client, id: 6, by: 'us', why: 'shutting down' },
    ];
    hour.note(facts(T + 5_000, { sections: { 'clients gone': gone } }));
    expect(lines(hour)).toEqual([
      'warn | Client 4 (alice, qt) was closed: read too slowly: 70,000 bytes waited for it | 10.0.0.1, it was here for 4.0 s, code 1008 | no other client was touched',
    ]);
    expect(says(hour, T + 5_000)).toContain('1 client closed as too slow');
  });

  it('tells of frames that could not be read, of what is new, and of times when we stood still', () => {
    const hour = calm();
    const quarantine = [{ at: T, code: 'bad-utf8', message: 'byte 12', stream: 'ethusdt@trade', hex: 'ff', text: '?' }];
    const drift = [{ what: 'field', where: 'trade: zz', count: 1, firstAt: T, lastAt: T, sample: '{}' }];
    hour.note(facts(T + 5_000, { sections: { quarantine, drift }, counted: { badFrames: 1, stalls: 1 } }));
    expect(
      lines(hour)
        .map((line) => line.split(' | ')[1])
        .toSorted((one = '', other = '') => one.localeCompare(other)),
    ).toEqual([
      'Binance sent 1 frame of ethusdt@trade that could not be read (bad-utf8)',
      'Binance sent something new: field trade: zz',
      'Our own process stood still',
    ]);
    expect(says(hour, T + 5_000)).toContain('1 frame could not be read, our own process stood still once');
  });

  it('takes parts that wait for each other at the start for nothing that happened, unless they wait on', () => {
    const hour = new LastHour(T);
    hour.note(facts(T + 1_000, { troubles: { start: 'starting' }, behind: { 'upstream heard': 'none' } }));
    expect(hour.verdict.health).toBe('down');
    hour.note(facts(T + 2_000, { behind: { 'upstream heard': 'none' } }));
    hour.note(facts(T + 3_000));
    expect(lines(hour)).toEqual([]);
    const stuck = new LastHour(T);
    for (const ms of [1_000, 11_000]) stuck.note(facts(T + ms, { behind: { 'upstream heard': 'none' } }));
    expect(lines(stuck)).toEqual(['bad | Upstream: none | it goes on']);
  });

  it('tells when an upstream that is one of several begins to lead', () => {
    const hour = calm();
    hour.note(facts(T + 2_000, { sections: { term: { role: 'following' } } }));
    hour.note(facts(T + 9_000, { sections: { term: { role: 'leading' } } }));
    expect(lines(hour)[0]).toBe('plain | This upstream is leading now | before: following');
    hour.note(facts(T + 12_000, { sections: { term: { role: 'leading' } } }));
    expect(hour.leadSinceAt).toBe(T + 9_000);
  });
});
