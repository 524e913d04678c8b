import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ending, endingByUs, endingOfClose } from './ending.js';
import { type Effect, type Link, type LinkEvent, idleLink, step } from './step.js';
import { EVENTS, type LinkEventType, type LinkState, STATES } from './table.js';

const STEADY = 10_000;
const drop: Ending = endingOfClose({ code: 1006, reason: '' });

const eventOf = (type: LinkEventType, at = 0): LinkEvent => {
  if (type === 'opened' || type === 'beat' || type === 'heard') return { type, at };
  if (type === 'lost') return { type, at, ending: drop };
  if (type === 'held') return { type, forMs: 500 };
  if (type === 'stop') return { type, ending: byUs };
  return { type };
};

const byUs: Ending = endingByUs('stopped', 'test');
const earlier: Ending = endingOfClose({ code: 1000, reason: 'earlier' });
const LOST: Effect[] = [
  { do: 'hangUp' },
  { do: 'report', ending: drop },
  { do: 'retry', failures: 3, ending: drop, before: [earlier] },
];
const STOPPED: Effect[] = [{ do: 'hangUp' }, { do: 'report', ending: byUs }];

/** A link with three attempts and two failures. */
const linkIn = (state: LinkState, more: Partial<Link> = {}): Link => ({
  state,
  attempt: 3,
  failures: 2,
  endings: [earlier],
  ...more,
});
const lost = linkIn('waiting', { failures: 3, endings: [earlier, drop] });

/**
 * What such a link becomes, and what must be done, for each event in each state; no cell: the event changes nothing. Written
 * down beside `table.ts`, not made from it.
 */
const EXPECTED: Record<LinkState, Partial<Record<LinkEventType, [Link, Effect[]]>>> = {
  idle: {
    start: [linkIn('dialing', { attempt: 4 }), [{ do: 'dial' }]],
    stop: [linkIn('closed'), []],
  },
  dialing: {
    opened: [linkIn('open', { openedAt: 70 }), []],
    lost: [lost, LOST],
    held: [linkIn('waiting'), [{ do: 'hold', forMs: 500 }]],
    stop: [linkIn('closed'), STOPPED],
  },
  open: {
    beat: [linkIn('open', { beatAt: 70 }), []],
    heard: [linkIn('live', { liveAt: 70, endings: [] }), []],
    lost: [lost, LOST],
    stop: [linkIn('closed'), STOPPED],
  },
  live: {
    lost: [lost, LOST],
    stop: [linkIn('closed'), STOPPED],
  },
  waiting: {
    waited: [linkIn('dialing', { attempt: 4 }), [{ do: 'dial' }]],
    stop: [linkIn('closed'), [{ do: 'unwait' }]],
  },
  closed: {},
};

describe('the link table', () => {
  for (const state of STATES) {
    for (const type of EVENTS) {
      const expected = EXPECTED[state][type];
      it(`${state} + ${type}: ${expected === undefined ? 'ignored' : expected[0].state}`, () => {
        const link = linkIn(state);
        expect(step(link, eventOf(type, 70), STEADY)).toEqual(expected ?? [link, []]);
      });
    }
  }

  it('never has two attempts or two waits at once, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }), (types) => {
        let link = idleLink;
        let attempts = 0;
        let waits = 0;
        for (const type of types) {
          const [next, effects] = step(link, eventOf(type), STEADY);
          for (const effect of effects) {
            if (effect.do === 'dial') [attempts, waits] = [attempts + 1, 0];
            if (effect.do === 'hangUp') attempts -= 1;
            if (effect.do === 'hold') attempts -= 1;
            if (effect.do === 'retry' || effect.do === 'hold') waits += 1;
            if (effect.do === 'unwait') waits -= 1;
          }
          link = next;
          expect(attempts + waits).toBe(link.state === 'idle' || link.state === 'closed' ? 0 : 1);
        }
      }),
    );
  });

  it('forgets all failures only after data has flowed for long enough, and all but two as soon as it comes', () => {
    const [live] = step(linkIn('open', { failures: 5, openedAt: 0 }), eventOf('heard', 1_000), STEADY);
    expect(step(live, eventOf('lost', 1_000 + STEADY - 1), STEADY)[0].failures).toBe(3);
    expect(step(live, eventOf('lost', 1_000 + STEADY), STEADY)[0].failures).toBe(1);
  });

  it('forgets them for a quiet connection when it was still heard at that age, and not for one that only stayed', () => {
    const open = linkIn('open', { failures: 5, openedAt: 1_000 });
    expect(step(open, eventOf('lost', 10 * STEADY), STEADY)[0].failures).toBe(6);
    const [young] = step(open, eventOf('beat', 1_000 + STEADY - 1), STEADY);
    expect(step(young, eventOf('lost', 10 * STEADY), STEADY)[0].failures).toBe(6);
    const [old] = step(open, eventOf('beat', 1_000 + STEADY), STEADY);
    expect(step(old, eventOf('lost', 10 * STEADY), STEADY)[0].failures).toBe(1);
  });

  it('remembers the newest endings and no more than twenty', () => {
    let link = linkIn('open', { endings: [] });
    for (let round = 0; round < 50; round += 1) {
      const ending = endingOfClose({ code: 1000, reason: String(round) });
      [link] = step({ ...link, state: 'open' }, { type: 'lost', at: 0, ending }, STEADY);
    }
    expect(link.endings.map(({ reason }) => reason)).toEqual(Array.from({ length: 20 }, (_, at) => String(at + 30)));
  });
});
