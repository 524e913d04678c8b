import { fileURLToPath } from 'node:url';
import { spot } from '#libs/binance';
import { HURRIED_LIMITS, sufferOutages, sum } from '#libs/drill';
import { systemClock, systemRandom } from '#libs/runtime';
import { duration } from '#libs/core';
import { Killing } from '../../test/support/killing.js';
import { edgeInside, edgeProcess } from '../../test/support/balanced-edges.js';
import { NoGapsStage } from '../../test/support/no-gaps-stage.js';
import { Rolling } from '../../test/support/rolling.js';
import { sparedDrops } from '../../test/support/spared-drops.js';
import { wideOutage } from '../../test/support/wide-outage.js';

const SHORTEST_MS = 50;

/** 50 streams, a client of each protocol for every symbol, and five books kept by the official recipe. */
const SIZE = { symbols: 10, keepers: 5 };

/** Hours of drops happen in minutes: the budget of attempts is lifted on both sides. */
const simulatorLimits = { ...HURRIED_LIMITS, attempts: 10_000_000 };
const market = { ...spot, limits: { ...spot.limits, attempts: { most: 10_000_000, windowMs: 300_000 } } };

/** Cuts the line so many times, for up to `longestS`, while REST has trouble of its own. Resolves with whether nobody complained. */
export async function soakDrops(drops: number, longestS: number): Promise<boolean> {
  const whole = await NoGapsStage.start({
    ...SIZE,
    simulator: { databaseLagMs: 500, limits: simulatorLimits },
    gateway: { market },
  });
  const startedAt = systemClock.now();
  await sufferOutages(whole.stage, {
    drops,
    leastMs: SHORTEST_MS,
    mostMs: longestS * 1_000,
    random: systemRandom,
    hasRestTrouble: true,
    patienceMs: 120_000,
    say: console.log,
  });
  return judge(whole, `${drops} drops of up to ${longestS} s in ${duration(systemClock.now() - startedAt)}`);
}

/** Drops one of two lines so many times; nobody may complain, and nothing may be asked of REST. */
export async function soakSpare(drops: number): Promise<boolean> {
  const whole = await NoGapsStage.start({
    ...SIZE,
    simulator: { limits: simulatorLimits },
    gateway: { market, upstream: { spareLine: true } },
  });
  const requests = await sparedDrops(whole, drops);
  console.log(`${drops} drops of one of two lines: REST asked ${requests.length} times`);
  for (const request of requests.slice(0, 5)) console.log(request);
  return (await judge(whole, `${drops} drops beside a spare line`)) && requests.length === 0;
}

/** Kills the upstream so many times over a real Redis. */
export async function soakKills(kills: number): Promise<boolean> {
  const killing = await Killing.start(fileURLToPath(new URL('../..', import.meta.url)));
  for (let kill = 0; kill < kills; kill += 1) {
    await killing.kill();
    console.log(`${kill + 1} of ${kills} kills`);
  }
  const complaints = await killing.complaints();
  await killing.stop();
  return show(`${kills} upstreams killed and started again`, complaints);
}

/** Two of four edges are replaced at a time, as rolling updates do it. */
const AT_A_TIME = 2;

/** Replaces so many edges over a real Redis: in this process, or (slower) in a process each. */
export async function soakRestarts(restarts: number, areProcesses: boolean): Promise<boolean> {
  const rolling = await Rolling.start({
    dist: fileURLToPath(new URL('../..', import.meta.url)),
    clients: 24,
    edges: 2 * AT_A_TIME,
    startEdge: areProcesses ? edgeProcess : edgeInside,
  });
  for (let done = 0; done < restarts;) {
    const count = Math.min(AT_A_TIME, restarts - done);
    await rolling.replaceEdges(count);
    done += count;
    if (done % 10 === 0) console.log(`${done} of ${restarts} restarts`);
  }
  const complaints = await rolling.complaints();
  const { told, messages } = rolling;
  await rolling.stop();
  return show(
    `${restarts} edges replaced, clients asked ${told} times to go elsewhere, ${messages} messages`,
    complaints,
  );
}

/** An outage of a minute of so many trade streams and books. */
export async function soakOutage(symbols: number): Promise<boolean> {
  const { says, complaints, nearMs } = await wideOutage({ symbols, outageMs: 60_000, patienceMs: 600_000 });
  return show(says, complaints) && nearMs < 15_000;
}

async function judge(whole: NoGapsStage, what: string): Promise<boolean> {
  const complaints = await whole.complaints();
  const { messages, streams } = whole.stage.crew.summary();
  await whole.stop();
  return show(`${what}: ${messages} messages, ${sum(streams, 'filled')} ids filled`, complaints);
}

function show(what: string, complaints: readonly string[]): boolean {
  console.log(`${what}: ${complaints.length === 0 ? 'nobody complains' : 'complaints'}`);
  for (const complaint of complaints) console.log(complaint);
  return complaints.length === 0;
}
