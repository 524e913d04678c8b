import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HoldfastClient } from '#libs/client';
import { type Gateway, HURRIED_LIMITS, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { BareClient } from '../support/bare-client.js';
import { until } from '../support/until.js';

const ARRAYS = ['!miniTicker@arr', '!ticker_1h@arr'] as const;

/** One symbol's part of an array, on Binance's wire. */
interface Part {
  s: string;
  E: number;
}

const symbolsOf = (array: string): string[] => (JSON.parse(array) as Part[]).map(({ s }) => s);
const timeOf = (array: string): number | undefined => (JSON.parse(array) as Part[])[0]?.E;

/** Binance sends an array for all symbols as one frame; it travels as one event per symbol. */
describe('arrays of all symbols through the whole gateway', () => {
  let simulator: Simulator;
  let gateway: Gateway;
  /** What Binance sends, heard without a gateway between. */
  let direct: BareClient[];

  beforeEach(async () => {
    simulator = await Simulator.start({ clock, pace: 40, limits: HURRIED_LIMITS });
    direct = ARRAYS.map((stream) => new BareClient(`${simulator.wsUrl}/ws/${stream}`));
    await until(() => direct.every(({ isOpen }) => isOpen));
    gateway = await startStandalone(simulator);
  });

  afterEach(async () => {
    for (const one of direct) one.end();
    await gateway.stop();
    await simulator.stop();
  });

  it('reach a client of Binance’s wire to the letter, and a native client with every symbol in the order of the array', async () => {
    const wires = ARRAYS.map((stream) => new BareClient(`${gateway.url}/ws/${stream}`));
    const heard = ARRAYS.map(() => new Map<number, string[]>());
    const client = new HoldfastClient({ url: gateway.url });
    for (const [index, stream] of ARRAYS.entries()) {
      const symbolsAt = heard[index] ?? new Map<number, string[]>();
      client.subscribe(stream, {
        event: ({ eventAt, symbol }) => symbolsAt.set(eventAt, [...(symbolsAt.get(eventAt) ?? []), symbol]),
      });
    }
    client.start();
    // Of what a native client was told first only the newest part may have come, and the last may still be coming.
    await until(() => heard.every(({ size }) => size >= 4) && wires.every(({ texts }) => texts.length >= 3), {
      deadlineMs: 15_000,
    });
    await client.stop();
    for (const one of wires) one.end();

    for (const [index, { texts }] of direct.entries()) {
      const seen = wires[index]?.texts.slice(0, 3) ?? [];
      const first = texts.indexOf(seen[0] ?? '');
      expect(seen).toEqual(texts.slice(first, first + 3));

      const sent = new Map(texts.map((array) => [timeOf(array), symbolsOf(array)]));
      const whole = [...(heard[index] ?? [])].slice(1, 3);
      expect(whole).toEqual(whole.map(([at]) => [at, sent.get(at)]));
      for (const [, symbols] of whole) expect(symbols.length).toBeGreaterThan(3);
    }
  });
});
