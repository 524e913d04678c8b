import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BareClient } from '../../../../test/support/bare-client.js';
import { until } from '../../../../test/support/until.js';
import { Simulator, type SimulatorOptions } from '../index.js';
import { readRecording } from './recording.js';

const LINES = [
  '{"stream":"btcusdt@trade","data":{"e":"trade", "t":1,"p":"1.10"}}',
  '{"stream":"币安人生usdt@bookTicker","data":{"u":7}}',
  '{"stream":"btcusdt@trade","data":{"e":"trade","t":2}}',
];

function record(times?: string[]): string {
  const stem = join(mkdtempSync(join(tmpdir(), 'holdfast-replay-')), 'recording');
  writeFileSync(`${stem}.jsonl`, `${LINES.join('\n')}\n`);
  if (times) writeFileSync(`${stem}.recv-ns.txt`, `${times.join('\n')}\n`);
  return `${stem}.jsonl`;
}

async function start(replay: NonNullable<SimulatorOptions['replay']>): Promise<Simulator> {
  const simulator = await Simulator.start({ replay });
  onTestFinished(() => simulator.stop());
  return simulator;
}

it('frames come byte for byte, once every stream of the recording has a subscriber', async () => {
  const simulator = await start({ file: record(), speed: 100 });
  const half = new BareClient(`${simulator.wsUrl}/ws/btcusdt@trade`);
  await until(() => half.isOpen);
  expect(simulator.replay?.sent).toBe(0);
  const whole = new BareClient(
    `${simulator.wsUrl}/stream?streams=btcusdt@trade/${encodeURIComponent('币安人生usdt@bookTicker')}`,
  );
  expect(await simulator.replay?.finished).toBe(3);
  await until(() => whole.texts.length === 3 && half.texts.length === 2);
  expect(whole.texts).toEqual(LINES);
  expect(half.texts).toEqual(['{"e":"trade", "t":1,"p":"1.10"}', '{"e":"trade","t":2}']);
});

it('the times of the sidecar are kept, divided by the speed', async () => {
  const file = record(['1000000000000', '1000000050000', '1000400000000']);
  expect(readRecording(file).map(({ afterMs }) => afterMs)).toEqual([0, 0.05, 400]);
  const simulator = await start({ file, speed: 2 });
  const began = performance.now();
  const client = new BareClient(
    `${simulator.wsUrl}/stream?streams=btcusdt@trade/${encodeURIComponent('币安人生usdt@bookTicker')}`,
  );
  await simulator.replay?.finished;
  expect(performance.now() - began).toBeGreaterThanOrEqual(199);
  await until(() => client.texts.length === 3);
});

it('stands still at a frame until it may be sent, and keeps the times from there', async () => {
  let isAllowed = false;
  const asked = new Set<number>();
  const mayPlay = (frame: number): boolean => {
    asked.add(frame);
    return frame !== 1 || isAllowed;
  };
  const file = record(['1000000000000', '1000000050000', '1000200000000']);
  const simulator = await start({ file, mayPlay });
  const names = `btcusdt@trade/${encodeURIComponent('币安人生usdt@bookTicker')}`;
  const client = new BareClient(`${simulator.wsUrl}/stream?streams=${names}`);
  await until(() => asked.has(1));
  expect(client.texts.length).toBeLessThanOrEqual(1);
  expect(simulator.replay?.sent).toBe(1);
  const allowedAt = performance.now();
  isAllowed = true;
  await simulator.replay?.finished;
  expect(performance.now() - allowedAt).toBeGreaterThanOrEqual(198);
  await until(() => client.texts.length === 3);
});

it('a loop begins again', async () => {
  const simulator = await start({ file: record(), speed: 100, loop: true });
  const client = new BareClient(
    `${simulator.wsUrl}/stream?streams=btcusdt@trade/${encodeURIComponent('币安人生usdt@bookTicker')}`,
  );
  await until(() => client.texts.length > 6);
  expect(client.texts.slice(0, 6)).toEqual([...LINES, ...LINES]);
});

it('the symbols of the recording are known to exchangeInfo', async () => {
  const simulator = await start({ file: record() });
  const answer = await fetch(`${simulator.restUrl}/api/v3/exchangeInfo`);
  const { symbols } = (await answer.json()) as { symbols: { symbol: string }[] };
  expect(symbols.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', '币安人生USDT']);
});

it('REST knows what was played, and what was lost on the way too', async () => {
  const file = record();
  const trade = (t: number): string =>
    `{"stream":"btcusdt@trade","data":{"e":"trade","E":9,"s":"BTCUSDT","t":${t},"p":"1.10000000","q":"0.03000000","T":8,"m":true,"M":true}}`;
  const diff =
    '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":9,"s":"BTCUSDT","U":6,"u":8,"b":[["1.0","0.0"],["0.9","2.0"]],"a":[]}}';
  writeFileSync(file, [trade(1), trade(2), diff, trade(3)].join('\n'));
  const snapshot = { lastUpdateId: 7, bids: [['1.0', '5.0']], asks: [['1.2', '1.0']] };
  const request = 'GET /api/v3/depth?symbol=BTCUSDT&limit=1000';
  writeFileSync(join(dirname(file), 'rest-depth-recording.jsonl'), JSON.stringify({ request, body: snapshot }));
  const simulator = await start({ file, speed: 100 });
  const ask = async (path: string): Promise<unknown> => (await fetch(`${simulator.restUrl}/api/v3/${path}`)).json();
  expect(await ask('historicalTrades?symbol=BTCUSDT')).toEqual([]);
  expect(await ask('depth?symbol=BTCUSDT')).toEqual(snapshot);
  simulator.strike({ name: 'drop-frames', stream: 'btcusdt@trade', count: 2 });
  const client = new BareClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade/btcusdt@depth@100ms`);
  await simulator.replay?.finished;
  await until(() => client.texts.length === 2);
  const row = {
    price: '1.10000000',
    qty: '0.03000000',
    quoteQty: '0.03300000',
    time: 8,
    isBuyerMaker: true,
    isBestMatch: true,
  };
  expect(await ask('historicalTrades?symbol=BTCUSDT&fromId=2')).toEqual([
    { id: 2, ...row },
    { id: 3, ...row },
  ]);
  expect(await ask('depth?symbol=BTCUSDT')).toEqual({
    lastUpdateId: 8,
    bids: [['0.9', '2.0']],
    asks: [['1.2', '1.0']],
  });
});

it('a line that is no combined frame is named', () => {
  const file = record();
  writeFileSync(file, '{"e":"trade"}\n');
  expect(() => readRecording(file)).toThrow('recording.jsonl:1 is not a combined frame');
});
