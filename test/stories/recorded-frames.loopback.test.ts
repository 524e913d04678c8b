import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replay, replayReport, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';

const RECORDINGS = [
  ['../shared/frames/spot-hft-btcusdt_20240808.jsonl', 6_000],
  ['../shared/frames/spot-cryptofeed-binance-2021.jsonl', 265],
] as const;

describe.each(RECORDINGS)('%s through the whole path', (file, frames) => {
  it.skipIf(!existsSync(file))(
    'reaches a Binance-wire client to the letter and a native client without a hole (skipped where it is absent)',
    async () => {
      const outcome = await replay({
        clock,
        file,
        speed: 20,
        forMs: 25_000,
        startGateway: (simulator) => startStandalone(simulator),
        progress: () => undefined,
        isOver: () => false,
      });
      expect(outcome.wire).toMatchObject({ sent: frames, identical: frames, different: 0, missing: 0 });
      expect(replayReport(outcome)).toMatchObject({ isGood: true });
    },
  );
});
