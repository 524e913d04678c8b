import { describe, expect, it } from 'vitest';
import { type LeadEffect, type LeadHappening, type LeadState, stepLead } from './table.js';

const STATES: readonly LeadState[] = ['following', 'claiming', 'succeeding', 'leading', 'yielding', 'parting', 'over'];

/** Every happening, once: the compiler sees that none is left out. */
const HAPPENINGS = Object.keys({
  open: 0,
  given: 0,
  taken: 0,
  failed: 0,
  fenced: 0,
  lost: 0,
  gone: 0,
  outseen: 0,
  rivalled: 0,
  unanswered: 0,
  unfit: 0,
  fit: 0,
  successor: 0,
  nobody: 0,
  'told-to-part': 0,
} satisfies Record<LeadHappening, 0>) as LeadHappening[];

/** Every move that there is: from, happening, to, what is done. */
const MOVES = `
  following   open          claiming    claim
  following   rivalled      following   say-so
  following   told-to-part  over
  claiming    given         succeeding  enter fence
  claiming    taken         following   watch-anew
  claiming    failed        following   watch-anew
  claiming    told-to-part  over        leave
  succeeding  given         succeeding  enter fence
  succeeding  taken         following   step-down watch-anew
  succeeding  failed        succeeding  enter fence
  succeeding  fenced        leading     succeed beat
  succeeding  lost          following   step-down watch-anew
  succeeding  gone          succeeding  enter fence
  succeeding  rivalled      following   step-down leave watch-anew
  succeeding  unanswered    succeeding  cut
  succeeding  told-to-part  over        leave
  leading     lost          following   step-down watch-anew
  leading     gone          leading     enter fence
  leading     outseen       succeeding  withhold claim-above
  leading     rivalled      following   step-down leave watch-anew
  leading     unanswered    leading     cut
  leading     unfit         yielding    call-successor
  leading     told-to-part  parting     call-successor
  yielding    lost          following   step-down watch-anew
  yielding    gone          yielding    enter fence
  yielding    outseen       succeeding  withhold claim-above
  yielding    rivalled      following   step-down leave watch-anew
  yielding    unanswered    yielding    cut
  yielding    fit           leading
  yielding    successor     following   withhold flush leave call step-down watch-anew
  yielding    nobody        leading
  yielding    told-to-part  parting     call-successor
  parting     lost          over        step-down
  parting     gone          parting     enter fence
  parting     rivalled      over        step-down leave
  parting     unanswered    parting     cut
  parting     successor     over        withhold flush leave call
  parting     nobody        over        say-stopped withhold flush leave call
  over        given         over        leave
`;

const cells = STATES.flatMap((from) =>
  HAPPENINGS.map((happening) => Object.assign({ from, happening }, stepLead(from, happening))),
);
const speaks = (state: LeadState): boolean => ['leading', 'yielding', 'parting'].includes(state);

describe('a lead', () => {
  it('moves so and not otherwise, whatever happens in whatever state', () => {
    const written = new Map(
      MOVES.trim()
        .split('\n')
        .map((line) => {
          const [from, happening, ...rest] = line.trim().split(/\s+/);
          return [`${from} ${happening}`, rest.join(' ')];
        }),
    );
    expect(cells).toHaveLength(7 * 15);
    for (const { from, happening, to, do: effects } of cells) {
      const expected = written.get(`${from} ${happening}`) ?? from;
      expect([from, happening, [to, ...effects].join(' ')]).toEqual([from, happening, expected]);
    }
  });

  it('is spoken in only once others can say nothing more, and what they have said was heard', () => {
    const beginnings = cells.filter(({ from, to }) => !speaks(from) && speaks(to));
    expect(beginnings.map(({ from, happening }) => [from, happening])).toEqual([['succeeding', 'fenced']]);
    const isWith = (effect: LeadEffect) => cells.filter(({ do: effects }) => effects.includes(effect));
    expect(isWith('succeed')).toEqual(beginnings);
    for (const { do: effects } of isWith('enter')) expect(effects).toEqual(['enter', 'fence']);
  });

  it('ends before anybody else is let in', () => {
    for (const { from, to, do: effects } of cells) {
      if (!speaks(from) || speaks(to)) continue;
      const silent = effects.findIndex((effect) => ['withhold', 'step-down', 'cut'].includes(effect));
      expect(silent).toBeGreaterThanOrEqual(0);
      const leave = effects.indexOf('leave');
      if (leave < 0) continue;
      expect(leave).toBeGreaterThan(silent);
      // Of what was said before nothing may come later: who was overtaken is not listened to.
      if (effects.includes('call'))
        expect(effects.slice(silent, leave + 2)).toEqual(['withhold', 'flush', 'leave', 'call']);
    }
  });

  it('is watched from nothing by whoever comes to follow, and listened to by whoever has held it', () => {
    for (const { from, to, do: effects } of cells) {
      if (to !== 'following' || from === 'following') continue;
      expect(effects.at(-1)).toBe('watch-anew');
      expect(effects.includes('step-down')).toBe(from !== 'claiming');
    }
  });

  it('is not taken up again by a process that ends', () => {
    const ends = cells.filter(({ from, to }) => ['parting', 'over'].includes(from) || to === 'over');
    expect(ends.every(({ from, to }) => to === 'over' || (from === 'parting' && to === 'parting'))).toBe(true);
    const begun = ends.filter(({ from }) => from !== 'parting').flatMap(({ do: effects }) => effects);
    for (const effect of begun) expect(['claim', 'enter', 'succeed', 'watch-anew']).not.toContain(effect);
  });

  it('can be come by and be given up from every state', () => {
    const reached = new Set<LeadState>(['following']);
    for (const state of reached) {
      for (const { from, to } of cells) if (from === state) reached.add(to);
    }
    expect([...reached].toSorted()).toEqual([...STATES].toSorted());
    for (const state of STATES) {
      const ends = new Set<LeadState>([state]);
      for (const one of ends) for (const { from, to } of cells) if (from === one) ends.add(to);
      expect(ends.has('over')).toBe(true);
    }
  });
});
