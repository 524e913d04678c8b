import { afterEach, beforeEach, expect, it } from 'vitest';
import { BareClient } from '../support/bare-client.js';
import { StandbyStage } from '../support/standby-stage.js';
import { until } from '../support/until.js';

const TRADES = 'btcusdt@trade';
const DIFFS = 'btcusdt@depth@100ms';

let stage: StandbyStage;
let client: BareClient;

beforeEach(async () => {
  stage = await StandbyStage.start([TRADES, DIFFS]);
});

afterEach(async () => {
  client.end();
  await stage.stop();
});

/** Which ids follow another one without being the next. */
function jumps(ids: readonly [first: number, last: number][]): string[] {
  return ids.flatMap(([first], at) => {
    const before = ids[at - 1]?.[1] ?? first - 1;
    return first === before + 1 ? [] : [`${first} after ${before}`];
  });
}

const trades = (): [number, number][] => client.payloads<{ t: number }>(TRADES).map(({ t }) => [t, t]);
const diffs = (): [number, number][] => client.payloads<{ U: number; u: number }>(DIFFS).map(({ U, u }) => [U, u]);

it('what the connection of the one that publishes loses comes from the one that stands by, while REST answers nobody', async () => {
  let lost = 0;
  let isLosing = false;
  const isLost = (): boolean => {
    if (isLosing) lost += 1;
    return isLosing;
  };
  const leader = await stage.begin(stage.closedUrl, () => !isLost());
  client = new BareClient(`${stage.edge.wsUrl}/stream?streams=${TRADES}/${DIFFS}`);
  await until(() => trades().length > 3 && diffs().length > 3, { deadlineMs: 10_000 });
  const standby = await stage.begin(stage.closedUrl);
  await until(() => standby.isWhole, { deadlineMs: 10_000, what: 'somebody who stands by' });
  for (let hole = 0; hole < 3; hole += 1) {
    isLosing = true;
    const before = lost;
    await until(() => lost > before + 10);
    isLosing = false;
    const seen = [trades().length, diffs().length] as const;
    await until(() => trades().length > seen[0] + 20 && diffs().length > seen[1] + 5, { deadlineMs: 10_000 });
  }
  expect([jumps(trades()), jumps(diffs())]).toEqual([[], []]);
  expect([leader.role, standby.role]).toEqual(['leading', 'following']);
  expect(await leader.metric('holdfast_upstream_hole_seconds_count{by="standby"}')).toBeGreaterThanOrEqual(3);
  expect(await leader.metric('holdfast_upstream_gaps_total')).toBe(0);
});
