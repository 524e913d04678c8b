import { beforeEach, describe, expect, it } from 'vitest';
import { Firewalls } from './firewalls.js';
import type { Host } from './hosts.js';

const host = (name: string): Host => {
  const unused = { http: undefined, weight: undefined } as unknown as Pick<Host, 'http' | 'weight'>;
  return { ...unused, name, lacks: [], failures: 0, failedAt: -Infinity, until: -Infinity, why: undefined };
};
const [FIRST, SECOND] = [host('first'), host('second')];
const TOO_MANY = '{"code":-1003,"msg":"Too many requests."}';

let firewalls: Firewalls;
beforeEach(() => {
  firewalls = new Firewalls();
});
/** What so many answers of a host are taken for. */
const judged = (status: number, times = 1, { of = FIRST, text = '[]' } = {}): string[] =>
  Array.from({ length: times }, () => firewalls.judge({ status, headers: {}, text, at: 0 }, 0, of).is);
const refused = (times: number): string[] => Array<string>(times).fill('refused');

describe('a host whose firewall refuses what others ask', () => {
  it('has refused that, nine times in a row, and then has failed for a minute, and again with each one more', () => {
    expect(judged(403, 9)).toEqual(refused(9));
    expect(firewalls.judge({ status: 403, headers: {}, text: '', at: 0 }, 0, FIRST)).toMatchObject({
      is: 'failed',
      forMs: 60_000,
    });
    expect(judged(403)).toEqual(['failed']);
    expect(judged(403, 1, { of: SECOND })).toEqual(['refused']);
  });

  it('begins again when anything else has come of it', () => {
    for (const [status, text] of [
      [200, '[]'],
      [400, '{"code":-1121,"msg":"Invalid symbol."}'],
      [403, TOO_MANY],
    ] as const) {
      judged(403, 9);
      judged(status, 1, { text });
      expect(judged(403, 9)).toEqual(refused(9));
      judged(200);
    }
  });

  it('is shut while it is passed over for that', () => {
    judged(403, 9);
    const passedOver = Object.assign(FIRST, { until: 60_000 });
    expect(firewalls.isShut(passedOver, 0)).toBe(false);
    judged(403);
    expect([firewalls.isShut(passedOver, 0), firewalls.isShut(passedOver, 60_000)]).toEqual([true, false]);
    expect(firewalls.isShut(Object.assign(SECOND, { until: 60_000 }), 0)).toBe(false);
  });
});
