import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestRedis, startRedis } from '../../../../../test/support/start-redis.js';
import { until } from '../../../../../test/support/until.js';
import { redisWith, wordsOf } from '../pubsub/connection.js';
import { type Publication, type PublishVerb, type PublishErrors, publishAll } from './publications.js';

let server: TestRedis;
let publisher: Redis;
let subscriber: Redis;
let heard: string[];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  publisher = await connected();
  subscriber = await connected();
  heard = [];
  subscriber.on('messageBuffer', (_channel: Buffer, text: Buffer) => heard.push(text.toString()));
  subscriber.on('smessageBuffer', (_channel: Buffer, text: Buffer) => heard.push(`sharded ${text.toString()}`));
  await subscriber.subscribe('open', 'closed');
});
afterEach(() => {
  publisher.disconnect();
  subscriber.disconnect();
});

async function connected(): Promise<Redis> {
  const redis = redisWith({ port: server.port, host: '127.0.0.1', retryStrategy: () => 60_000 });
  redis.on('error', () => undefined);
  await redis.connect();
  return redis;
}

const on = (channel: string, ...texts: string[]): Publication[] => texts.map((text) => ({ channel, text }));
const publish = (messages: readonly Publication[], verb?: PublishVerb): Promise<PublishErrors> =>
  new Promise((resolve) => publishAll(publisher, messages, resolve, verb));

describe('messages that are published together', () => {
  it('come whole and in their order, whatever letters they have and however many they are', async () => {
    const letters = ['plain', 'Grüße', '币安人生usdt', '😀', '', 'a\r\n$3\r\nb', 'x'.repeat(3_000)];
    const texts = Array.from({ length: 3_000 }, (_, at) => `${at} ${letters[at % letters.length]}`);
    expect(await publish(on('open', ...texts))).toEqual(new Map());
    await until(() => heard.length === texts.length);
    expect(heard).toEqual(texts);
  });

  it('are refused each by itself, in Redis’s words, and the others come', async () => {
    await publisher.call('ACL', 'SETUSER', 'some', 'on', '>pw', '&open', '-@all', '+publish');
    await publisher.call('AUTH', 'some', 'pw');
    const refusals = await publish([...on('open', '1'), ...on('closed', '2', '3'), ...on('open', '4')]);
    expect([...refusals.keys()]).toEqual([1, 2]);
    expect([...refusals.values()].map(wordsOf)).toEqual(Array(2).fill(expect.stringMatching(/^NOPERM/)));
    await until(() => heard.length === 2);
    expect(heard).toEqual(['1', '4']);
  });

  it('take no answer from commands before and behind them', async () => {
    const before = publisher.set('key', 'value');
    const between = publish(on('open', '1', '2', '3'));
    const behind = publisher.get('key');
    expect(await Promise.all([before, between, behind])).toEqual(['OK', new Map(), 'value']);
  });

  it('go to sharded channels where that is asked for', async () => {
    await subscriber.ssubscribe('{a}');
    await publish(on('{a}', '1'), 'SPUBLISH');
    await publish(on('open', '2'));
    await until(() => heard.length === 2);
    expect(heard).toEqual(['sharded 1', '2']);
  });

  it('are all told to be lost, once, with a connection that breaks before Redis has answered', async () => {
    server.freeze();
    try {
      const answers: PublishErrors[] = [];
      publishAll(publisher, on('open', '1', '2'), (refusals) => answers.push(refusals));
      const closed = once(publisher, 'close');
      publisher.stream.destroy();
      await closed;
      expect(answers.map((refusals) => [...refusals.keys()])).toEqual([[0, 1]]);
      expect([...(answers[0]?.values() ?? [])].map(wordsOf)).toEqual([undefined, undefined]);
      expect((await publish(on('open', '3'))).size).toBe(1);
    } finally {
      server.thaw();
    }
  });
});
