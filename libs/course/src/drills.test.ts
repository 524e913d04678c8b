import { describe, expect, it } from 'vitest';
import { listIncidents } from '#libs/simulator';
import { DRILLS, findDrill } from './drills.js';

describe('drills', () => {
  it('has every incident of the simulator as a drill, and leaves no trouble behind', () => {
    for (const { name } of listIncidents()) {
      expect(findDrill(name)?.acts.at(-1)?.strike).toEqual([{ name: 'clear' }]);
    }
  });

  it('prefers a course of its own to an incident of the same name, and knows no others', () => {
    for (const drill of DRILLS) expect(findDrill(drill.name)).toBe(drill);
    expect(findDrill('no-such-drill')).toBeUndefined();
  });
});
