import type { EdgeSettings } from '#libs/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { type ConnectionChange, HoldfastClient } from './index.js';

const trades = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `s${from + index}usdt@trade`);

/** The client keeps the limits of an edge as it is deployed, whatever the program around it does. */
describe('a client at a real edge', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let client: HoldfastClient;
  const changes: ConnectionChange[] = [];
  const problems: string[] = [];
  const started = new Set<string>();
  const live = new Set<string>();
  const waiting = new Set<string>();
  const refused = new Map<string, string>();
  const heard = new Map<string, number[]>();

  const begin = async (settings: Partial<EdgeSettings> = {}): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus).start();
    client = new HoldfastClient({
      url: edge.wsUrl,
      connection: (change) => changes.push(change),
      problem: (sentence) => problems.push(sentence),
    });
    client.start();
  };
  const subscribe = (stream: string): (() => void) =>
    client.subscribe(stream, {
      started: () => started.add(stream),
      refused: ({ code, message }, isStillWanted) => {
        refused.set(stream, `${code}: ${message}`);
        if (isStillWanted) waiting.add(stream);
      },
      feed: () => live.add(stream),
      event: (event) => heard.set(stream, [...(heard.get(stream) ?? []), (event as { id: number }).id]),
    });
  /** The ids that come on a stream on which one is published. */
  const idsOn = async (stream: string): Promise<number[] | undefined> => {
    await until(() => live.has(stream));
    upstream.publish(stream, { type: 'trade', symbol: 'X', id: 1 });
    return until(() => heard.get(stream));
  };
  const carried = async (): Promise<number> => {
    const { clients } = (await (await fetch(`${edge.opsUrl}/status`)).json()) as {
      clients: { clients: { streams: number }[] };
    };
    return clients.clients[0]?.streams ?? 0;
  };

  afterEach(async () => {
    const metrics = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_edge_commands_total{wire="native",result="ok"}');
    expect(metrics).not.toMatch(/result="too-many-commands"\} [1-9]/);
    await client.stop();
    upstream.stop();
    await edge.stop();
    expect(changes.map(({ state }) => state)).toEqual(['connecting', 'open', 'closed']);
    expect(changes.at(-1)).toMatchObject({ ending: { closedBy: 'us' } });
    expect(problems).toEqual([]);
    changes.length = 0;
    for (const kept of [started, live, waiting, refused, heard]) kept.clear();
  });

  it('has a hundred streams that are wanted one after the other', async () => {
    await begin();
    await until(() => changes.length === 2);
    for (const stream of trades(100)) {
      subscribe(stream);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => started.size === 100);
    expect(await idsOn('s99usdt@trade')).toEqual([1]);
  });

  it('keeps one of 120 streams when 119 are dropped in one turn', async () => {
    await begin();
    const leave = trades(120).map(subscribe);
    await until(() => started.size === 120);
    for (const drop of leave.slice(1)) drop();
    await until(async () => (await carried()) === 1);
    expect(await idsOn('s0usdt@trade')).toEqual([1]);
  });

  it('has the one good name among 25 mistyped ones, and each of those is refused in its own words', async () => {
    await begin();
    const bad = Array.from({ length: 25 }, (_, index) => `s${index}usdt@trad`);
    for (const stream of [...bad.slice(0, 12), 's0usdt@trade', ...bad.slice(12)]) subscribe(stream);
    await until(() => started.size === 1 && refused.size === 25);
    expect(bad.map((stream) => refused.get(stream))).toEqual(
      bad.map((stream) => expect.stringMatching(`bad-stream.*"${stream}".*did you mean ${stream}e`)),
    );
    expect(await idsOn('s0usdt@trade')).toEqual([1]);
  });

  it('bears any number of mistyped names, one after the other', async () => {
    await begin({ maxCommandsPerSecond: 1_000 });
    subscribe('s0usdt@trade');
    for (let index = 0; index < 30; index += 1) {
      subscribe(`nonsense${index}`);
      await until(() => refused.size === index + 1);
    }
    expect(refused.size).toBe(30);
    expect(waiting.size).toBe(0);
    expect(await idsOn('s0usdt@trade')).toEqual([1]);
  });

  it('has as many of 1,100 streams as one connection may have, and the others when there is room', async () => {
    await begin();
    const leave = trades(1_100).map(subscribe);
    await until(() => started.size === 1_024 && refused.size === 76);
    expect(refused.get('s1099usdt@trade')).toBe('too-many-streams: one connection may have 1024 streams');
    expect(await idsOn('s1023usdt@trade')).toEqual([1]);
    for (const drop of leave.slice(0, 76)) drop();
    await until(() => started.size === 1_100);
    expect(await idsOn('s1099usdt@trade')).toEqual([1]);
  });

  it('shares an edge that is full: what has room is served, and the rest is told that there is none', async () => {
    await begin({ maxStreams: 5 });
    for (const stream of trades(8)) subscribe(stream);
    await until(() => started.size === 4 && refused.size === 4);
    expect(refused.get('s7usdt@trade')).toBe(
      'no-room: this edge serves at most 5 streams, and leaves some of them for others',
    );
    expect([...waiting]).toEqual([...refused.keys()]);
    expect(await idsOn('s3usdt@trade')).toEqual([1]);
  });

  it('fits what it asks into the messages and seconds of a narrow edge', async () => {
    await begin({ maxClientMessageBytes: 256, maxCommandsPerSecond: 4 });
    for (const stream of [...trades(60), `${'x'.repeat(300)}@trade`]) subscribe(stream);
    await until(() => started.size === 60);
    expect([...refused.values()]).toEqual(['bad-stream: the name is longer than what the gateway reads']);
    expect(await idsOn('s59usdt@trade')).toEqual([1]);
  });
});
