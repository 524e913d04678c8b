import { afterEach, beforeEach, expect, it } from 'vitest';
import { BareClient } from '../support/bare-client.js';
import { StandbyStage } from '../support/standby-stage.js';
import { until } from '../support/until.js';

const TRADES = 'btcusdt@trade';

let stage: StandbyStage;
let client: BareClient;

beforeEach(async () => {
  stage = await StandbyStage.start([TRADES]);
});

afterEach(async () => {
  client.end();
  await stage.stop();
});

const trades = (): number[] => client.payloads<{ t: number }>(TRADES).map(({ t }) => t);

it('one whose connections bring nothing leaves it to the one whose do: clients miss nothing, and REST is not asked', async () => {
  const leader = await stage.begin(stage.closedUrl);
  client = new BareClient(`${stage.edge.wsUrl}/stream?streams=${TRADES}`);
  await until(() => trades().length > 3, { deadlineMs: 10_000 });
  const standby = await stage.begin(stage.closedUrl);
  await until(() => standby.isWhole, { deadlineMs: 10_000, what: 'somebody who stands by' });
  const since = performance.now();
  leader.isDeaf = true;
  await until(() => standby.role === 'leading', { deadlineMs: 4_000 });
  // Three times as long as one line may be behind another, and a look.
  expect(performance.now() - since).toBeGreaterThan(250);
  const { length } = trades();
  await until(() => trades().length > length + 20);
  const all = trades();
  expect(all.filter((id, at) => at > 0 && id !== (all[at - 1] ?? 0) + 1)).toEqual([]);
  leader.isDeaf = false;
  await until(() => leader.isWhole, { deadlineMs: 10_000, what: 'the other one to stand by' });
  expect([leader.role, standby.role]).toEqual(['following', 'leading']);
  expect(client.closed).toBeUndefined();
});
