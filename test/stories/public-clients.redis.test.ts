import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncidentName } from '#libs/simulator';
import { ClientsStage } from '../support/clients/clients-stage.js';
import { EVERY_INCIDENT } from '../support/clients/every-incident.js';
import { PACKAGES } from '../support/clients/programs.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';

/** What differs most in what travels over the bus; `public-clients.loopback.test.ts` has all of them, in memory. */
const OVER_REDIS: readonly IncidentName[] = ['broken-json', 'drop-frames', 'burst', 'close', 'cut-mid-frame', 'refuse'];

describe('programs that others wrote for Binance, at an edge that hears its upstream through Redis', () => {
  let redis: TestRedis;
  let stage: ClientsStage;

  beforeAll(async () => {
    redis = await startRedis();
    stage = await ClientsStage.start(PACKAGES, { bus: { redisUrl: redis.url } });
  }, 90_000);

  afterAll(async () => {
    await stage.stop();
    await redis.stop();
  });

  it.each(OVER_REDIS)('have nothing to say about it: %s', async (name) => {
    for (const act of EVERY_INCIDENT[name]) await stage.suffer(act);
    expect(stage.troubles()).toEqual([]);
  });

  it.each(PACKAGES)(
    'have every id once, true and in order, and books that are the market’s: $name',
    async ({ name }) => {
      expect(await stage.complaints(name)).toEqual([]);
    },
  );

  it('have neither been refused nor ended, and so never come back', async () => {
    expect(await stage.endings()).toEqual([]);
  });
});
