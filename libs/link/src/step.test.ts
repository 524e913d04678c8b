import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ending, endingByUs, endingOfClose } from './ending.js';
import { type Effect, type Link, type LinkEvent, idleLink, step } from './step.js';
import { EVENTS, type LinkEventType, type LinkState, STATES } from './table.js';

const STEADY = 10_000;
const drop: Ending = endingOfClose({ code: 1006, reason: '' });

const eventOf = (type: LinkEventType, at = 0): LinkEvent => {
  if (type === 'heard') return { type, at };
  if (type === 'lost') return { type, at, ending: drop };
  if (type === 'held') return { type, forMs: 500 };
  if (type === 'stop') return { type, ending: byUs };
  return { type };
};

const byUs: Ending = endingByUs('stopped', 'test');
const LOST: Effect[] = [{ do: 'hangUp' }, { do: 'report', ending: drop }, { do: 'retry', failures: 3, ending: drop }];
const STOPPED: Effect[] = [{ do: 'hangUp' }, { do: 'report', ending: byUs }];

/**
 * What a link with three attempts and two failures becomes, and what must be done, for each event in each state; no cell:
 * the event changes nothing. Written down beside `table.ts`, not made from it.
 */
const EXPECTED: Record<LinkState, Partial<Record<LinkEventType, [Link, Effect[]]>>> = {
  idle: {
    start: [{ state: 'dialing', attempt: 4, failures: 2 }, [{ do: 'dial' }]],
    stop: [{ state: 'closed', attempt: 3, failures: 2 }, []],
  },
  dialing: {
    opened: [{ state: 'open', attempt: 3, failures: 2 }, []],
    lost: [{ state: 'waiting', attempt: 3, failures: 3 }, LOST],
    held: [{ state: 'waiting', attempt: 3, failures: 2 }, [{ do: 'hold', forMs: 500 }]],
    stop: [{ state: 'closed', attempt: 3, failures: 2 }, STOPPED],
  },
  open: {
    heard: [{ state: 'live', attempt: 3, failures: 2, liveAt: 70 }, []],
    lost: [{ state: 'waiting', attempt: 3, failures: 3 }, LOST],
    stop: [{ state: 'closed', attempt: 3, failures: 2 }, STOPPED],
  },
  live: {
    lost: [{ state: 'waiting', attempt: 3, failures: 3 }, LOST],
    stop: [{ state: 'closed', attempt: 3, failures: 2 }, STOPPED],
  },
  waiting: {
    waited: [{ state: 'dialing', attempt: 4, failures: 2 }, [{ do: 'dial' }]],
    stop: [{ state: 'closed', attempt: 3, failures: 2 }, [{ do: 'unwait' }]],
  },
  closed: {},
};

describe('the link table', () => {
  for (const state of STATES) {
    for (const type of EVENTS) {
      const expected = EXPECTED[state][type];
      it(`${state} + ${type}: ${expected === undefined ? 'ignored' : expected[0].state}`, () => {
        const link: Link = { state, attempt: 3, failures: 2 };
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

  it('forgets failures only after data has flowed for long enough', () => {
    const live: Link = { state: 'live', attempt: 9, failures: 5, liveAt: 1_000 };
    expect(step(live, eventOf('lost', 1_000 + STEADY - 1), STEADY)[0].failures).toBe(6);
    expect(step(live, eventOf('lost', 1_000 + STEADY), STEADY)[0].failures).toBe(1);
    const open: Link = { state: 'open', attempt: 9, failures: 5 };
    expect(step(open, eventOf('lost', 10 * STEADY), STEADY)[0].failures).toBe(6);
  });
});
