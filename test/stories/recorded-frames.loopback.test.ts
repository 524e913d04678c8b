import { describe, expect, it } from 'vitest';
import { replay, replayReport, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { SMALL, ofBinance } from '../support/recordings.js';

const RECORDINGS = [
  { ...SMALL, speed: 1 },
  ...['spot-hft-btcusdt_20240808.jsonl', 'spot-cryptofeed-binance-2021.jsonl'].flatMap((name) => {
    const recording = ofBinance(name);
    return recording ? [{ ...recording, speed: 20 }] : [];
  }),
];

describe.each(RECORDINGS)('$name through the whole path', ({ file, frames, speed }) => {
  it('reaches a Binance-wire client to the letter and a native client without a hole', async () => {
    expect(frames).toBeGreaterThan(250);
    const outcome = await replay({
      clock,
      file,
      speed,
      forMs: 25_000,
      startGateway: startStandalone,
      progress: () => undefined,
      isOver: () => false,
    });
    expect(outcome.wire).toMatchObject({ sent: frames, identical: frames, different: 0, missing: 0 });
    expect(replayReport(outcome)).toMatchObject({ isGood: true });
  });
});
