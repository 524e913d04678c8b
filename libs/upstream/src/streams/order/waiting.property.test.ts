import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { trade } from '../../../../../test/support/series-rig.js';
import { Waiting } from './waiting.js';

it('those that wait leave in their order, each once, in whatever order they came', () => {
  const act = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }) },
    { weight: 1, arbitrary: fc.constant('leave' as const) },
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const waiting = new Waiting();
      let model: number[] = [];
      for (const one of acts) {
        if (one === 'leave') {
          expect(waiting.first?.reach).toBe(model[0]);
          if (model.length > 0) waiting.shift();
          model = model.slice(1);
        } else {
          const isNew = !model.includes(one);
          expect(waiting.keep({ event: trade(one), reach: one, since: 0 })).toBe(isNew);
          if (isNew) model = [...model, one].sort((a, b) => a - b);
        }
        expect([waiting.length, waiting.first?.reach]).toEqual([model.length, model[0]]);
      }
    }),
  );
});

it('many may leave while more come', () => {
  const waiting = new Waiting();
  const left: number[] = [];
  for (let reach = 0; reach < 5_000; reach += 1) {
    waiting.keep({ event: trade(reach), reach, since: 0 });
    if (reach < 3) continue;
    left.push(waiting.first?.reach ?? NaN);
    waiting.shift();
  }
  expect(left).toEqual(Array.from({ length: 4_997 }, (_, at) => at));
  expect(waiting.length).toBe(3);
});

it('who has left does not come back to wait', () => {
  const waiting = new Waiting();
  for (const reach of [1, 2, 3]) waiting.keep({ event: trade(reach), reach, since: 0 });
  waiting.shift();
  expect(waiting.keep({ event: trade(1), reach: 1, since: 0 })).toBe(true);
  expect(waiting.first?.reach).toBe(1);
  expect(waiting.length).toBe(3);
});
