import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { stamp } from '#libs/core';
import { HURRIED_LIMITS, hurriedEnvironment } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { type RoleProcess, runRole } from '../deploy/run-role.js';
import { assertBuilt } from '../support/built.js';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

const TRADE = 'btcusdt@trade';
/** Within so long every rule that could take the clock for the time has been applied: silences, heartbeats, ages. */
const SEEN_WITHIN_MS = 1_500;
/** Binance ends a connection when it is as old. */
const DAY_MS = 86_400_000;

beforeAll(assertBuilt);

describe('a client of a gateway', () => {
  let simulator: Simulator;
  let gateway: RoleProcess;
  let client: WsClient;

  beforeEach(async () => {
    simulator = await Simulator.start({ clock, pace: 10, symbols: 2, limits: HURRIED_LIMITS });
    gateway = runRole('standalone', hurriedEnvironment(simulator), { hasMovableClock: true });
    client = await WsClient.open(`${await gateway.urlOf('edge')}/v1`);
    onTestFinished(async () => {
      await client.close();
      await simulator.stop();
    });
    client.send({ event: 'subscribe', data: { streams: [TRADE] } });
    await flows();
  });

  const trades = (): Record<string, unknown>[] => client.messages.filter(({ type }) => type === 'trade');
  const states = (): unknown[] => client.messages.filter(({ type }) => type === 'feed').map(({ state }) => state);
  const flows = async (): Promise<void> => {
    const { length } = trades();
    await until(() => trades().length > length + 20, { deadlineMs: 20_000 });
  };
  /** Ids that do not follow the one before. */
  const torn = (): unknown[] => {
    const ids = trades().map(({ id }) => Number(id));
    return ids.filter((id, at) => at > 0 && id !== (ids[at - 1] ?? 0) + 1);
  };

  it('whose clock is set a day forward, and back, notices nothing but the stamps', async () => {
    const told = states();
    const isStamped = (aheadMs: number): boolean =>
      Math.abs(Number(trades().at(-1)?.['receivedAt']) - stamp(clock) - aheadMs) < DAY_MS / 2;
    for (const [to, aheadMs] of [
      ['forward', DAY_MS],
      ['back', 0],
      ['back', -DAY_MS],
    ] as const) {
      gateway.setClock(to);
      await until(() => isStamped(aheadMs));
      const at = performance.now();
      await until(() => performance.now() - at > SEEN_WITHIN_MS);
      await flows();
    }
    expect(states()).toEqual(told);
    expect(torn()).toEqual([]);
    expect(simulator.attempts).toHaveLength(1);
  });

  it('that stands still for longer than it would wait itself misses nothing, and keeps its connection', async () => {
    gateway.freeze();
    const at = performance.now();
    await until(() => performance.now() - at > 3_000);
    gateway.thaw();
    await flows();
    expect(client.closed).toBeUndefined();
    expect(torn()).toEqual([]);
    expect(simulator.attempts).toHaveLength(1);
  });
});
