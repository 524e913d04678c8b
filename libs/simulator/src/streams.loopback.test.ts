import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../../../test/support/until.js';
import { Simulator } from './index.js';

let simulator: Simulator;
afterEach(() => simulator.stop());

function listen(url: string): { socket: WebSocket; frames: string[] } {
  const frames: string[] = [];
  const socket = new WebSocket(url);
  socket.on('message', (data) => frames.push(String(data)));
  socket.on('error', () => undefined);
  return { socket, frames };
}

it('a combined connection gets every stream of its URL', async () => {
  simulator = await Simulator.start({ pace: 5 });
  const kinds = [
    'trade',
    'aggTrade',
    'bookTicker',
    'depth@100ms',
    'depth',
    'depth5@100ms',
    'kline_1s',
    'kline_1m',
    'kline_1d@+08:00',
    'miniTicker',
    'ticker',
    'ticker_1h',
    'avgPrice',
    'referencePrice',
  ];
  const names = [
    ...kinds.map((kind) => `btcusdt@${kind}`),
    '!miniTicker@arr',
    '!ticker_4h@arr',
    '币安人生usdt@bookTicker',
  ];
  const { frames, socket } = listen(`${simulator.wsUrl}/stream?streams=${names.map(encodeURIComponent).join('/')}`);
  const seen = () => new Map(frames.map((f) => [(JSON.parse(f) as { stream: string }).stream, f]));
  await until(() => names.every((name) => seen().has(name)));
  socket.close();
  await until(() => !simulator.connections[0]!.isOpen);
  expect(simulator.violations).toEqual([]);
});
