import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type BusState, MemoryBus, type Messages } from '#libs/bus';
import { encodeDemand, encodeHeartbeat, readWelcomeAnswer } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { PoolBench } from '../pool/pool-bench.rig.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';
const C = 'cusdt@trade';
const { channels } = spot;

/** Messages that are down when the test says so; what is published then is lost. */
class UnsteadyMessages implements Messages {
  state: BusState = 'up';
  private listeners: ((state: BusState) => void)[] = [];

  constructor(private readonly steady: Messages) {}

  publish(topic: string, text: string): void {
    if (this.state === 'up') this.steady.publish(topic, text);
  }

  subscribe(topic: string, deliver: (text: string) => void): ReturnType<Messages['subscribe']> {
    return this.steady.subscribe(topic, deliver);
  }

  onState(listener: (state: BusState) => void): () => void {
    this.listeners.push(listener);
    return () => (this.listeners = this.listeners.filter((other) => other !== listener));
  }

  become(state: BusState): void {
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}

let bench: PoolBench;
let messages: UnsteadyMessages;
let calls: string[];

beforeEach(async () => {
  const clock = new FakeClock();
  const bus = new MemoryBus({ clock });
  messages = new UnsteadyMessages(bus.messages);
  bench = await PoolBench.start({
    clock,
    bus: Object.assign(bus, { messages }),
    settings: { maxStreams: 2 },
  });
  calls = [];
  messages.subscribe(channels.demandCall, (text) => calls.push(text));
});

const say = async (edge: string, streams: readonly string[], epoch?: number): Promise<void> => {
  messages.publish(
    channels.demand,
    encodeDemand({ edge, streams: [...streams], ...(epoch !== undefined && { epoch }) }),
  );
  await settle();
};
const coded = (code: string): string[] => bench.logged.filter((line) => line.startsWith(code));

/** Which streams are answered for, with the state that is said of each. */
async function ask(question: unknown): Promise<string[] | undefined> {
  const answers: unknown[] = [];
  bench.bus.ask.ask(channels.welcome, question, 1_000, (answer) => answers.push(answer));
  await settle();
  return answers.length === 0 ? undefined : readWelcomeAnswer(answers[0]).welcomes.map(({ stream }) => stream);
}

describe('what no demand is', () => {
  it('is logged at most once in ten seconds, with how often it came, and changes nothing', async () => {
    const junk = async (): Promise<void> => {
      messages.publish(channels.demand, 'junk');
      await settle();
    };
    for (let times = 0; times < 3; times += 1) await junk();
    const sentence = 'demands were refused';
    const why = 'not a demand: expected {"edge":…,"streams":[…]}';
    expect(coded('demand.refused')).toEqual([`demand.refused ${why} 1 ${sentence}`]);
    await bench.pass(9_999);
    await junk();
    expect(coded('demand.refused')).toHaveLength(1);
    await bench.pass(1);
    await junk();
    expect(coded('demand.refused')[1]).toBe(`demand.refused ${why} 4 ${sentence}`);
    expect(bench.wires).toEqual([]);
  });
});

describe('a stream that there cannot be', () => {
  it('is logged once, with the edge that wants it, and the others are carried', async () => {
    await say('edge 1', [A, 'nonsense']);
    await say('edge 1', [A, 'nonsense', B]);
    const line = /^demand.bad-streams edge edge 1: .*nonsense.* 1 streams were refused$/;
    expect(coded('demand.bad-streams')).toEqual([expect.stringMatching(line)]);
    await bench.want(A, B);
    expect(bench.carried).toEqual([`${A} ${B}`]);
  });
});

describe('more streams than the operator allows', () => {
  const REFUSED = 'refused too-many-streams more streams are wanted than the 2 of HOLDFAST_UPSTREAM_MAX_STREAMS';

  it('are refused by name, logged when their number changes, and carried when there is room', async () => {
    await bench.want(A, B, C);
    expect(bench.heard(C)).toEqual(['recovering subscribing', REFUSED]);
    await bench.pass(5_000);
    expect(bench.heard(C)).toEqual([]);
    expect(coded('demand.too-many')).toEqual(['demand.too-many 1 more streams are wanted than allowed']);
    await bench.want(A, C);
    await bench.pass(1_000, () => bench.trade(1));
    expect(bench.heard(C)).toEqual(['recovering subscribing', 'recovering acknowledged', 'live first-event', '1']);
    expect(bench.carried).toEqual([`${A} ${C}`]);
    await bench.want(A, C, B);
    expect(coded('demand.too-many')).toHaveLength(2);
  });

  it('are not refused again, nor logged, with each change of what others want', async () => {
    await bench.want(A, B, C);
    bench.heard(C);
    await say('other', [A]);
    await say('other', [B]);
    expect([bench.heard(C), coded('demand.too-many').length]).toEqual([[], 1]);
  });

  it('are answered for, until nobody wants them', async () => {
    await bench.want(A, B, C);
    expect(await ask({ streams: [A, C] })).toEqual([A, C]);
    await bench.want(A, B);
    expect(await ask({ streams: [A, C] })).toEqual([A]);
  });
});

describe('edges', () => {
  it('are answered how the streams stand that they ask for; what is no question is not answered', async () => {
    await bench.want(A);
    expect(await ask({ streams: [A, B] })).toEqual([A]);
    expect(await ask({ streams: 'all' })).toBeUndefined();
  });

  it('are not answered by an upstream that another one has overtaken', async () => {
    await bench.want(A);
    messages.publish(channels.heartbeat, encodeHeartbeat({ epoch: 10 ** 15, at: 0, places: new Map() }));
    expect(await ask({ streams: [A] })).toBeUndefined();
  });

  it('that have seen a newer term say so with what they want', async () => {
    await bench.want(A);
    await say('edge', [A, B], 10 ** 15);
    expect(coded('upstream.overtaken')).toHaveLength(1);
    expect(await ask({ streams: [A] })).toBeUndefined();
  });

  it('that are silent for more than ten seconds are forgotten', async () => {
    await say('silent', [A]);
    await bench.pass(10_000);
    expect(bench.carried).toEqual([A]);
    await bench.pass(4_000);
    expect(bench.carried).toEqual(['']);
  });

  it('that cannot reach us because the bus is down are not, and get their time anew when it is back', async () => {
    await say('silent', [A]);
    messages.become('down');
    await bench.pass(60_000);
    expect(bench.carried).toEqual([A]);
    expect(calls).toEqual([]);
    messages.become('up');
    expect(calls).toHaveLength(1);
    await bench.pass(9_000);
    expect(bench.carried).toEqual([A]);
    await bench.pass(4_000);
    expect(bench.carried).toEqual(['']);
  });

  it('are not heard any more by an upstream that has stopped', async () => {
    await bench.want(A);
    await bench.upstream.stop();
    await say('late', [A, B]);
    messages.become('down');
    messages.become('up');
    expect([calls, bench.upstream.pool.all.length, bench.wires.length]).toEqual([[], 1, 1]);
    expect(await ask({ streams: [A] })).toBeUndefined();
  });
});
