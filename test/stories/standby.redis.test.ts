import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { assertBuilt, dist } from '../support/built.js';
import { Killing } from '../support/killing.js';

beforeAll(assertBuilt);

const BUSY = 'btcusdt@bookTicker';
const LEASE_MS = 2_000;

/** How long nothing came on a busy stream, at most, by what Redis carried. */
class Silence {
  private at = performance.now();
  longestMs = 0;
  private constructor(private readonly bus: RedisBus) {}

  static async start(redisUrl: string): Promise<Silence> {
    const bus = new RedisBus({ redisUrl, queueBytes: 1_000_000 });
    await bus.start();
    const silence = new Silence(bus);
    await bus.messages.subscribe(spot.channels.stream(BUSY), () => silence.broken()).ready;
    silence.at = performance.now();
    return silence;
  }

  stop(): Promise<void> {
    return this.bus.stop();
  }

  private broken(): void {
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.at);
    this.at = now;
  }
}

it(
  'an upstream that is killed is followed by the one that stands by: nothing is missed, and nobody waits long',
  { timeout: 120_000 },
  async ({ annotate }) => {
    const killing = await Killing.start(dist, true);
    onTestFinished(() => killing.stop());
    const silence = await Silence.start(killing.redis.url);
    onTestFinished(() => silence.stop());
    for (let kill = 0; kill < 3; kill += 1) await killing.killLeader();
    await annotate(`longest silence ${Math.round(silence.longestMs)} ms`);
    expect(await killing.complaints()).toEqual([]);
    expect(silence.longestMs).toBeLessThan(LEASE_MS + 500);
    const { streams } = killing.stage.crew.summary();
    expect(streams.reduce((sum, { gaps }) => sum + gaps, 0)).toBe(0);
  },
);
