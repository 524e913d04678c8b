import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ending, endingByUs, endingOfClose } from './ending.js';
import { type Effect, type Link, type LinkEvent, idleLink, step } from './step.js';
import { EVENTS, type LinkEventType, type LinkState, NEXT, STATES } from './table.js';

const STEADY = 10_000;
const drop: Ending = endingOfClose({ code: 1006, reason: '' });

const eventOf = (type: LinkEventType, at = 0): LinkEvent => {
  if (type === 'heard') return { type, at };
  if (type === 'lost') return { type, at, ending: drop };
  if (type === 'held') return { type, forMs: 500 };
  if (type === 'stop') return { type, ending: endingByUs('stopped', 'test') };
  return { type };
};

const does = (effects: Effect[]): string => effects.map((effect) => effect.do).join(' ');

/** What must be done in each cell of the table; a cell that is not here is an event that changes nothing. */
const EFFECTS: Partial<Record<`${LinkState} ${LinkEventType}`, string>> = {
  'idle start': 'dial',
  'idle stop': '',
  'dialing opened': '',
  'dialing lost': 'hangUp report retry',
  'dialing held': 'hold',
  'dialing stop': 'hangUp report',
  'open heard': '',
  'open lost': 'hangUp report retry',
  'open stop': 'hangUp report',
  'live lost': 'hangUp report retry',
  'live stop': 'hangUp report',
  'waiting waited': 'dial',
  'waiting stop': 'unwait',
};

describe('the link table', () => {
  for (const state of STATES) {
    for (const type of EVENTS) {
      const expected = EFFECTS[`${state} ${type}`];
      it(`${state} + ${type}: ${expected === undefined ? 'ignored' : `${NEXT[state][type]}, ${expected || 'nothing to do'}`}`, () => {
        const link: Link = { state, attempt: 3, failures: 2 };
        const [next, effects] = step(link, eventOf(type), STEADY);
        if (expected === undefined) expect([next, effects]).toEqual([link, []]);
        else expect([next.state, does(effects)]).toEqual([NEXT[state][type], expected]);
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
