import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { HoldfastClient, type MiniTicker, type SubscribeOptions } from '#libs/client';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';

const ARRAY = '!miniTicker@arr';
const SYMBOLS = Array.from({ length: 200 }, (_, at) => `S${at}USDT`);

/** About 300 bytes. */
const ticker = (symbol: string, last: string) =>
  ({
    type: 'miniTicker',
    symbol,
    last,
    open: '1',
    high: '1',
    low: '1',
    volume: '1'.repeat(100),
    quoteVolume: '1',
    eventAt: 1,
  }) as const;

describe('a client of two edges that goes from one to the other when that stops', () => {
  let edges: TestEdge[];
  let upstreams: HandUpstream[];
  let client: HoldfastClient;
  let states: string[];
  let stopped: Promise<void> | undefined;
  beforeEach(async () => {
    edges = [await startEdge({ drainGraceMs: 20_000 }), await startEdge()];
    upstreams = edges.map(({ bus }) => new HandUpstream(bus).start());
    states = [];
    stopped = undefined;
    const urls = edges.map(({ wsUrl }) => wsUrl);
    let connections = 0;
    /** The first one confirms nothing, so that much is held for it. */
    class NextEdge extends WsWebSocket {
      constructor() {
        const at = connections;
        connections += 1;
        super(`${urls[Math.min(at, 1)] ?? ''}/v1`, [], { autoPong: at > 0 });
      }
    }
    const connection = ({ state }: { state: string }): unknown => states.push(state);
    client = new HoldfastClient({ url: urls[0] ?? '', random: () => 0, webSocket: NextEdge, connection });
    client.start();
  });
  afterEach(async () => {
    await client.stop();
    for (const upstream of upstreams) upstream.stop();
    await Promise.all(edges.map((edge, at) => (at === 0 && stopped) || edge.stop()));
  });
  const publish = (symbol: string, last: string): void => {
    for (const upstream of upstreams) upstream.publish(ARRAY, ticker(symbol, last));
  };

  it.each<SubscribeOptions>([{ delivery: 'latest' }, { delivery: 'rate', perSecond: 5 }])(
    'has of an array under %j the newest value of every symbol, also of those that the first edge still held',
    async (options) => {
      const newest = new Map<string, MiniTicker>();
      let isLive = false;
      let older = 0;
      const event = (one: MiniTicker): void => {
        if ((newest.get(one.symbol)?.seq ?? 0) > one.seq) older += 1;
        newest.set(one.symbol, one);
      };
      client.subscribe(ARRAY, { feed: () => (isLive = true), event }, options);
      await until(() => isLive);
      for (const symbol of SYMBOLS) publish(symbol, '1');
      // The newest of all stands among the first that go.
      publish('S20USDT', '2');
      await until(() => newest.get('S20USDT')?.last === '2');
      expect(newest.size).toBeLessThan(SYMBOLS.length);
      stopped = edges[0]?.stop();
      await until(() => states.includes('moved'), { deadlineMs: 15_000 });
      publish('S0USDT', '3');
      await until(() => newest.get('S0USDT')?.last === '3');
      expect([newest.size, newest.get('S20USDT')?.last, older]).toEqual([SYMBOLS.length, '2', 0]);
      expect(states).not.toContain('lost');
    },
  );
});
