import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Millis } from '#libs/core';
import { systemClock } from '#libs/clock';
import type { Log } from '../log/log.js';
import type { Service } from '../service.js';

/** Probes and signals wait no longer than this. */
const SLICE_MS: Millis = 10;

/** Lets every service that can warm up, together for so long. One that fails is slow at first: that stops no start. */
export async function warmUp(services: readonly Service[], forMs: Millis, log: Log): Promise<void> {
  const able = services.filter((service) => service.warmUp !== undefined);
  if (forMs === 0) return;
  for (const service of able) {
    try {
      await service.warmUp?.(forMs / able.length);
    } catch (error) {
      log.warn(
        { code: 'process.not-warm', service: service.name, err: error },
        'it could not warm up, and starts cold',
      );
    }
  }
}

/** Does something for so long, told how often it has; the loop has its turns meanwhile. */
export async function again(forMs: Millis, act: (count: number) => void): Promise<void> {
  const end = systemClock.now() + forMs;
  let count = 0;
  for (let now = systemClock.now(); now < end; now = systemClock.now()) {
    const pause = now + SLICE_MS;
    while (systemClock.now() < pause) act((count += 1));
    await turnOfTheLoop();
  }
}
