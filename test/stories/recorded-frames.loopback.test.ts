import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { replay, replayReport, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { assertBuilt, dist } from '../support/built.js';
import { SAMPLE, ofBinance } from '../support/recordings.js';

it('the sample that comes with us reaches both wires as it was recorded, by the command that people use', () => {
  assertBuilt();
  const demo = [`${dist}/apps/demo/src/main.js`, '--replay', SAMPLE.file, '--speed', '10'];
  const { status, stdout } = spawnSync(process.execPath, demo, { encoding: 'utf8' });
  expect(stdout).toMatch(/^ +native +\d+ of \d+ events of !miniTicker@arr, seq without a hole$/m);
  expect(stdout).toMatch(/PASSED\. Every one of 1,221 recorded frames reached a Binance-wire client as it was sent/);
  expect(status).toBe(0);
});

const RECORDINGS = ['spot-hft-btcusdt_20240808.jsonl', 'spot-cryptofeed-binance-2021.jsonl'].flatMap((name) => {
  const recording = ofBinance(name);
  return recording ? [{ ...recording, speed: 20 }] : [];
});

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
