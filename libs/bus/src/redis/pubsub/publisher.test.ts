import { EventEmitter } from 'node:events';
import type { Command, Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { newBusCounts } from '../../local/bus-metrics.js';
import { RedisPublisher } from './publisher.js';

/** A Redis whose answers are given by hand, to all that came in one write, in order. */
class HandRedis extends EventEmitter {
  status = 'ready';
  /** What was sent, write by write. */
  readonly sent: string[][] = [];
  readonly stream = { write: (text: string) => void this.sent.push(readPublications(text)) };
  private readonly waiting: Command[] = [];
  private answered = 0;

  sendCommand(command: Command, sink: { write(text: string): void }): void {
    sink.write(String(command.toWritable(this.stream)));
    this.waiting.push(command);
  }

  /** Answers the oldest write: with an error where there are words. */
  async answer(...words: (string | undefined)[]): Promise<void> {
    const { length } = this.sent[this.answered++] ?? [];
    for (const [index, command] of this.waiting.splice(0, length).entries()) {
      const why = words[index];
      if (why === undefined) command.resolve(1);
      else command.reject(replyError(why));
    }
    await turn();
  }
}

/** Channel and text of each PUBLISH in Redis's protocol. */
function readPublications(bytes: string): string[] {
  const whole = /\*3\r\n\$7\r\nPUBLISH\r\n\$\d+\r\n(\w+)\r\n\$\d+\r\n(\w+)\r\n/g;
  expect(bytes.replace(whole, '')).toBe('');
  return [...bytes.matchAll(whole)].map(([, channel = '', text = '']) => channel + text);
}

const replyError = (words: string): Error => Object.assign(new Error(words), { name: 'ReplyError' });

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const BUSY = 'BUSY Redis is busy running a script';

let redis: HandRedis;
let clock: FakeClock;
let counts: ReturnType<typeof newBusCounts>;
let said: string[];
let publisher: RedisPublisher;

beforeEach(() => {
  redis = new HandRedis();
  clock = new FakeClock();
  counts = newBusCounts();
  said = [];
  publisher = new RedisPublisher(redis as unknown as Redis, 1_000, clock, counts, (words) => said.push(words));
});

/** Publishes texts of one letter for the channel and one for the text, all in one turn of the loop. */
async function publish(...messages: string[]): Promise<void> {
  for (const [channel = '', text = ''] of messages) publisher.publish(channel, text);
  await turn();
}

describe('what Redis cannot take for the moment', () => {
  it('is published again, before what came meanwhile, until it is taken', async () => {
    await publish('a1', 'b1');
    await redis.answer(BUSY, BUSY);
    await publish('a2');
    expect(redis.sent).toHaveLength(1);
    clock.advance(20);
    await redis.answer(BUSY, BUSY, BUSY);
    clock.advance(39);
    expect(redis.sent).toHaveLength(2);
    clock.advance(1);
    await redis.answer();
    await publish('b2');
    expect(redis.sent.slice(1)).toEqual([['a1', 'b1', 'a2'], ['a1', 'b1', 'a2'], ['b2']]);
    expect(said).toEqual([BUSY, BUSY]);
    await redis.answer();
    expect(counts).toMatchObject({ published: 4, publishedAgain: 5, droppedFailed: 0, events: { bytes: 0 } });
  });

  it('is tried four times a second at least, and sooner again after a success', async () => {
    await publish('a1');
    for (const waitMs of [20, 40, 80, 160, 250, 250]) {
      await redis.answer(BUSY);
      const before = redis.sent.length;
      clock.advance(waitMs - 1);
      expect(redis.sent).toHaveLength(before);
      clock.advance(1);
      expect(redis.sent).toHaveLength(before + 1);
    }
    await redis.answer();
    await publish('a2');
    await redis.answer(BUSY);
    clock.advance(20);
    expect(redis.sent.at(-1)).toEqual(['a2']);
  });

  it('waits for the answers to what was sent after it, and goes before that again', async () => {
    await publish('a1');
    await publish('a2');
    await redis.answer(BUSY);
    clock.advance(1_000);
    expect(redis.sent).toHaveLength(2);
    await redis.answer(BUSY);
    clock.advance(250);
    expect(redis.sent.at(-1)).toEqual(['a1', 'a2']);
  });

  it('is lost where one behind it was taken, on this channel and on no other', async () => {
    await publish('a1', 'b1');
    await publish('a2');
    await redis.answer(BUSY, BUSY);
    await redis.answer();
    clock.advance(20);
    expect(redis.sent.at(-1)).toEqual(['b1']);
    await redis.answer();
    expect(counts).toMatchObject({ droppedFailed: 1, events: { bytes: 0 } });
  });

  it('counts against the room of its kind while it waits', async () => {
    publisher.publish('a', 'x'.repeat(1_000));
    await turn();
    await redis.answer(BUSY);
    await publish('a2');
    expect(counts.events).toEqual({ bytes: 1_000, droppedFull: 1 });
    publisher.publishAsk('q', 'y');
    expect(counts.asks).toEqual({ bytes: 1, droppedFull: 0 });
  });

  it('is lost with the connection, and nothing of it comes on the next', async () => {
    await publish('a1');
    await redis.answer(BUSY);
    await publish('a2');
    redis.status = 'close';
    redis.emit('close');
    expect(counts).toMatchObject({ droppedFailed: 2, events: { bytes: 0 } });
    redis.status = 'ready';
    clock.advance(1_000);
    await publish('a3');
    expect(redis.sent).toEqual([['a1'], ['a3']]);
  });

  it('goes out at once when the bus stops', async () => {
    await publish('a1');
    await redis.answer(BUSY);
    await publish('a2');
    publisher.flush();
    expect(redis.sent.at(-1)).toEqual(['a1', 'a2']);
    await redis.answer();
    clock.advance(1_000);
    expect(redis.sent).toHaveLength(2);
  });
});

describe('messages that gather for some milliseconds', () => {
  beforeEach(() => {
    publisher = new RedisPublisher(redis as unknown as Redis, 1_000, clock, counts, (words) => said.push(words), 5);
  });

  it('go out together so long after the first of them, and what comes then waits as long', async () => {
    await publish('a1');
    clock.advance(4);
    await publish('b1');
    expect(redis.sent).toEqual([]);
    clock.advance(1);
    await publish('a2');
    expect(redis.sent).toEqual([['a1', 'b1']]);
    clock.advance(4);
    expect(redis.sent).toHaveLength(1);
    clock.advance(1);
    expect(redis.sent).toEqual([['a1', 'b1'], ['a2']]);
  });

  it('go out earlier where somebody cannot wait, and what comes behind that gathers for the whole time', async () => {
    await publish('a1');
    clock.advance(4);
    publisher.flush();
    await publish('a2');
    clock.advance(4);
    expect(redis.sent).toEqual([['a1']]);
    clock.advance(1);
    expect(redis.sent).toEqual([['a1'], ['a2']]);
  });

  it('go at the end of the turn together with a question or an answer, which waits for nothing', async () => {
    await publish('a1');
    expect(redis.sent).toEqual([]);
    publisher.publishAsk('b', '1');
    await publish('a2');
    expect([redis.sent, clock.pending]).toEqual([[['a1', 'b1', 'a2']], 0]);
  });

  it('are lost with the connection', async () => {
    await publish('a1');
    redis.emit('close');
    clock.advance(5);
    expect(redis.sent).toEqual([]);
    expect(counts).toMatchObject({ droppedFailed: 1, events: { bytes: 0 } });
  });
});

describe('what only the holder of a lease may say', () => {
  it('leaves in order with all else while its gate is open, and is dropped and counted while it is shut', async () => {
    const gate = { isOpen: false };
    publisher.publishHeld(gate, 'a', '1');
    publisher.publish('b', '1');
    gate.isOpen = true;
    publisher.publishHeld(gate, 'a', '2');
    publisher.publish('b', '2');
    await turn();
    expect(redis.sent).toEqual([['b1', 'a2', 'b2']]);
    expect(counts).toMatchObject({ notHeld: 1, published: 3, events: { bytes: 3 } });
    await redis.answer();
    expect(counts.events.bytes).toBe(0);
  });

  it('is published again where Redis could not take it, as long as its gate is open', async () => {
    publisher.publishHeld({ isOpen: true }, 'a', '1');
    await turn();
    await redis.answer(BUSY);
    clock.advance(20);
    expect(redis.sent).toEqual([['a1'], ['a1']]);
  });

  it('is never said later once the gate is shut, whether Redis refused it before or after that; all else is', async () => {
    const gate = { isOpen: true };
    publisher.publishHeld(gate, 'a', '1');
    publisher.publish('b', '1');
    await turn();
    publisher.publishHeld(gate, 'c', '1');
    publisher.publish('d', '1');
    await turn();
    await redis.answer(BUSY, BUSY);
    gate.isOpen = false;
    await redis.answer(BUSY, BUSY);
    clock.advance(20);
    expect(redis.sent.slice(2)).toEqual([['b1', 'd1']]);
    await redis.answer();
    expect(counts).toMatchObject({ droppedFailed: 2, publishedAgain: 2, events: { bytes: 0 } });
  });

  it('leaves all the same where the gate is shut in the same turn, before anything that is sent after that', async () => {
    const gate = { isOpen: true };
    publisher.publishHeld(gate, 'a', '1');
    gate.isOpen = false;
    publisher.flush();
    expect(redis.sent).toEqual([['a1']]);
  });
});

describe('what Redis will not take', () => {
  it.each(['NOPERM No permissions to access a channel', 'ERR unknown command'])(
    'is not published again: %s',
    async (words) => {
      await publish('a1', 'a2');
      await redis.answer(words);
      clock.advance(1_000);
      expect(redis.sent).toHaveLength(1);
      expect(said).toEqual([words]);
      expect(counts).toMatchObject({ droppedFailed: 1, publishedAgain: 0, events: { bytes: 0 } });
    },
  );
});
