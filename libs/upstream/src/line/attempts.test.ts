import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Attempts, type Purpose } from './attempts.js';

const MINUTE = 60_000;

let clock: FakeClock;
let bus: MemoryBus;
let attempts: Attempts;
beforeEach(() => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  attempts = new Attempts(bus.budget, 'attempts', spot.limits);
});

/** How many may begin at once, up to more than ever may. */
async function begin(purpose: Purpose, from = attempts): Promise<number> {
  let begun = 0;
  while (begun < 400 && (await from.permit(purpose)) === 0) begun += 1;
  return begun;
}

describe('of the 300 attempts in five minutes that Binance allows', () => {
  it('repairs may have 290, since Binance counts where they arrive', async () => {
    expect(await begin('repair')).toBe(290);
  });

  it.each<Purpose>(['demand', 'replacement', 'spare'])(
    '%s may have 200, and leaves the others to repairs',
    async (one) => {
      expect(await begin(one)).toBe(200);
      expect(await begin('repair')).toBe(90);
    },
  );

  it('each is counted for fifteen seconds more than five minutes', async () => {
    await begin('repair');
    expect(await attempts.permit('repair')).toBe(5 * MINUTE + 15_000);
    clock.advance(5 * MINUTE + 14_999);
    expect(await attempts.permit('repair')).toBe(1);
    clock.advance(1);
    expect(await begin('repair')).toBe(290);
  });
});

describe('of an upstream that stands by for another one', () => {
  it('none is worth more than one of a spare line, whatever it is for: repairs of the other may begin at once', async () => {
    let standsBy = true;
    const others = new Attempts(bus.budget, 'attempts', spot.limits, () => standsBy);
    expect(await begin('repair', others)).toBe(200);
    expect(await begin('repair')).toBe(90);
    standsBy = false;
    clock.advance(6 * MINUTE);
    expect(await begin('repair', others)).toBe(290);
  });
});

it('a short window is counted a twentieth longer', async () => {
  const few = new Attempts(bus.budget, 'few', { attempts: { most: 2, windowMs: 1_000 } });
  await begin('repair', few);
  expect(await few.permit('repair')).toBe(1_050);
});

describe('an order of Binance', () => {
  it('holds for every purpose, and in whatever part of the process', async () => {
    attempts.order(MINUTE);
    const waits = (['repair', 'demand', 'replacement', 'spare'] as const).map((purpose) =>
      new Attempts(bus.budget, 'attempts', spot.limits).permit(purpose),
    );
    expect(await Promise.all(waits)).toEqual([MINUTE, MINUTE, MINUTE, MINUTE]);
  });

  it('that names no time is none', async () => {
    attempts.order(0);
    attempts.order(-1);
    expect(await attempts.permit('repair')).toBe(0);
  });
});
