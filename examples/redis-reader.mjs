/**
 * Reads streams from Holdfast's Redis and writes every message as a line on standard output, none missing and none twice, also where
 * Redis is killed meanwhile: what was missed is asked for. PROTOCOL.md, sections 2 and 8. Needs ioredis.
 *
 *   node examples/redis-reader.mjs redis://127.0.0.1:6379 btcusdt@trade ethusdt@trade
 *
 * HOLDFAST_REDIS_PREFIX: what your installation puts before its channels. A hole that nobody can fill is told on standard error.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

const [url, ...streams] = process.argv.slice(2);
if (!url || streams.length === 0) {
  console.error('usage: node redis-reader.mjs <redis url> <stream>…');
  process.exit(64);
}

const MARKET = 'holdfast:spot:';
const PREFIX = process.env['HOLDFAST_REDIS_PREFIX'] ?? '';
const ME = `reader-${randomUUID()}`;
const REPLIES = `holdfast:reply:${ME}`;

/** One question may be about so many messages. */
const MOST_MISSED = 1000;
/** Demand is said, and how the streams stand asked, so often. */
const EVERY_MS = 2000;
/** Who is asked has so long; and so often it is asked again, for it may have been away as well. */
const ANSWER_MS = 1000;
const ATTEMPTS = 10;

const options = { retryStrategy: () => 200, maxRetriesPerRequest: null, autoResubscribe: false };
const listening = new Redis(url, options);
const speaking = new Redis(url, { ...options, enableOfflineQueue: false });
for (const redis of [listening, speaking]) redis.on('error', () => undefined);

/** What is said while Redis is away is lost, as everything on pub/sub. */
const publish = (channel, payload) =>
  void speaking.publish(PREFIX + channel, JSON.stringify(payload)).catch(() => undefined);

// --- Questions and answers ---

const waiting = new Map();
let lastId = 0;

/** The first answer; undefined where there is none in time. */
function ask(channel, question) {
  lastId += 1;
  const id = lastId;
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  publish(channel, { id, to: REPLIES, ask: question });
  return Promise.race([answer, wait(ANSWER_MS)]).finally(() => waiting.delete(id));
}

/** The messages of a stream and term behind `after`, up to `to`: all of them, or undefined. */
async function fetchMissed(stream, epoch, after, to) {
  const texts = [];
  for (let attempts = 0; after + texts.length < to;) {
    const from = after + texts.length;
    const question = { stream, epoch, after: from, to: Math.min(to, from + MOST_MISSED) };
    const answer = await ask(`${MARKET}missed`, question);
    // An answer may hold only the first of them; without any it asks us to come again.
    if (answer?.texts?.length > 0) texts.push(...answer.texts);
    else if (++attempts === ATTEMPTS) return undefined;
    else if (answer) await wait(200);
  }
  return texts;
}

// --- One stream ---

/** A stream, and how far it was read. What comes is taken one by one, and waits while something is asked for. */
class Reader {
  place = undefined;
  newestId = -1;
  queue = [];
  isBusy = false;

  constructor(name) {
    this.name = name;
  }

  async put(item) {
    this.queue.push(item);
    if (this.isBusy) return;
    this.isBusy = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      if (next.text) await this.take(next.text);
      else await this.welcomed(next.welcome);
    }
    this.isBusy = false;
  }

  /** How the stream stands: what lies before that place has been published. */
  async welcomed({ place }) {
    this.place ??= place;
    const { epoch, seq } = this.place;
    if (place.epoch < epoch || (place.epoch === epoch && place.seq <= seq)) return;
    const after = place.epoch === epoch ? seq : 0;
    for (const text of (await fetchMissed(this.name, place.epoch, after, place.seq)) ?? []) await this.take(text);
    // Else the next message shows that they are missing.
  }

  async take(text) {
    const event = JSON.parse(text);
    const { epoch, seq, follows } = event;
    this.place ??= { epoch, seq: seq - 1 };
    if (epoch < this.place.epoch || (epoch === this.place.epoch && seq <= this.place.seq)) return;
    if (epoch === this.place.epoch) await this.fill(epoch, this.place.seq, seq - 1);
    else if (seq > 1) await this.fill(epoch, 0, seq - 1);
    else if (follows?.epoch === this.place.epoch) await this.fill(follows.epoch, this.place.seq, follows.seq);
    else console.error(`${this.name}: a new term that does not say what it follows; something may be missing`);
    this.place = { epoch, seq };
    this.tell(event, text);
  }

  /** Takes what is missing up to there. */
  async fill(epoch, after, to) {
    if (to <= after) return;
    const texts = await fetchMissed(this.name, epoch, after, to);
    if (!texts) console.error(`${this.name}: ${to - after} messages are missing, and nobody has them`);
    for (const text of texts ?? []) await this.take(text);
  }

  /** A new term may say again what was there already. */
  tell(event, text) {
    if (event.type === 'trade' || event.type === 'aggTrade') {
      if (event.id <= this.newestId) return;
      this.newestId = event.id;
    }
    process.stdout.write(`${text}\n`);
  }
}

// --- The connection ---

const channelOf = (stream) => `${PREFIX}${MARKET}{${stream}}`;
const readers = new Map(streams.map((stream) => [channelOf(stream), new Reader(stream)]));

listening.on('message', (channel, text) => {
  if (channel !== PREFIX + REPLIES) return void readers.get(channel)?.put({ text });
  const { id, answer } = JSON.parse(text);
  waiting.get(id)?.(answer);
});

/** Says what is wanted, then asks how it stands: nothing else need tell that the newest message was lost. */
async function wantAndAsk() {
  publish(`${MARKET}demand`, { edge: ME, streams });
  const answer = await ask(`${MARKET}welcome`, { streams });
  for (const welcome of answer?.welcomes ?? []) void readers.get(channelOf(welcome.stream))?.put({ welcome });
}

listening.on('ready', () => {
  listening.subscribe(PREFIX + REPLIES, ...readers.keys()).then(wantAndAsk, () => undefined);
});

for (;;) {
  await wait(EVERY_MS);
  void wantAndAsk();
}
