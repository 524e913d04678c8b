import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { MarketEvent } from '#libs/core';
import { BUS_MESSAGES } from '../support/asyncapi/bus-schemas.js';
import { BOOK_EVENT, type JsonSchema, marketEventSchemas } from '../support/asyncapi/event-schemas.js';
import { FEED_EVENT, NATIVE_REPLIES } from '../support/asyncapi/message-schemas.js';
import { startEdge } from '../support/start-edge.js';
import { until } from '../support/until.js';
import { UpstreamRig } from '../support/upstream-rig.js';
import { WsClient } from '../support/ws-client.js';

const ajv = new Ajv({ strict: false });

/** What a schema says against a value; null when it fits. */
const against = (schema: JsonSchema | undefined, value: unknown): unknown => {
  if (!schema) return 'no schema';
  const validate = ajv.compile(schema);
  return validate(value) ? null : validate.errors;
};

const EVENTS: Record<string, JsonSchema> = { ...marketEventSchemas(), book: BOOK_EVENT, feed: FEED_EVENT };
const MESSAGES: readonly JsonSchema[] = [...Object.values(NATIVE_REPLIES), ...Object.values(BUS_MESSAGES), FEED_EVENT];

/** Every kind of stream once, and every kind that comes in arrays; a block trade may not come for hours. */
const STREAMS = spot.types
  .filter(({ type }) => type !== 'blockTrade')
  .flatMap(({ names, arrays = {} }) => [`btcusdt@${Object.keys(names)[0]}`].concat(Object.keys(arrays).slice(0, 1)));

const COMMON = new Set(['type', 'stream', 'epoch', 'seq', 'symbol', 'receivedAt', 'timeUnit', 'part', 'wire']);

const OF_OTHER_MARKETS = new Set(['previousUpdateId']);

let stop: () => Promise<unknown> = () => Promise.resolve();
afterEach(() => stop());

/** Events of every kind as they travel, from an upstream that asks Binance for this unit, and some heartbeats. */
async function travelling(timeUnit: 'MILLISECOND' | 'MICROSECOND') {
  const rig = await UpstreamRig.start({ simulator: { pace: 20 }, settings: { timeUnit } });
  stop = () => rig.stop();
  const events = new Map<string, unknown[]>();
  const beats: unknown[] = [];
  for (const stream of STREAMS) {
    const heard: unknown[] = [];
    events.set(stream, heard);
    rig.bus.messages.subscribe(spot.channels.stream(stream), (text) => heard.push(JSON.parse(text)));
  }
  rig.bus.messages.subscribe(spot.channels.heartbeat, (text) => beats.push(JSON.parse(text)));
  rig.demand(STREAMS);
  const isComplete = () => beats.length > 0 && [...events.values()].every((heard) => heard.some(isOfMarket));
  await until(isComplete, { deadlineMs: 20_000 });
  return { events: [...events.values()].flat() as { type: string }[], beats };
}

/** What an upstream says of its own: of a book it speaks when it had to take clients over a hole, which chance decides. */
const OF_THE_UPSTREAM = new Set(['feed', 'book']);
const isOfMarket = (event: unknown): event is MarketEvent => !OF_THE_UPSTREAM.has((event as { type: string }).type);

/** Every instant of an event, with its name. */
const instantsOf = (event: object): [string, unknown][] =>
  Object.entries(event).filter(([field]) => field.endsWith('At') || field === 'since');

describe('what an upstream sends', () => {
  it.each(['MILLISECOND', 'MICROSECOND'] as const)(
    'is what the contract says, its instants whole numbers in the unit that each event names: %s',
    async (unit) => {
      const { events, beats } = await travelling(unit);
      for (const event of events) expect([event, against(EVENTS[event.type], event)]).toEqual([event, null]);
      for (const beat of beats) expect(against(BUS_MESSAGES.heartbeat, beat)).toBeNull();
      const inMicros = events.filter((event) => 'timeUnit' in event);
      expect(inMicros.length > 0).toBe(unit === 'MICROSECOND');
      for (const event of events) {
        const digits = 'timeUnit' in event ? 16 : 13;
        for (const [field, instant] of instantsOf(event))
          expect([field, String(instant).length]).toEqual([field, digits]);
      }
    },
    40_000,
  );

  it('has the fields that PROTOCOL.md lists, and no other', async () => {
    const { events } = await travelling('MILLISECOND');
    const sent = new Map<string, Set<string>>();
    for (const event of events.filter(isOfMarket)) {
      const fields = sent.get(event.type) ?? new Set();
      for (const field of Object.keys(event)) if (!COMMON.has(field)) fields.add(field);
      sent.set(event.type, fields);
    }
    expect(sent.size).toBe(spot.types.length - 1);
    for (const [type, fields] of sent) expect([type, [...fields].sort()]).toEqual([type, listedFields(type)]);
  }, 40_000);
});

it('what an edge answers is what the contract says', async () => {
  const edge = await startEdge();
  stop = () => edge.stop();
  const client = await WsClient.open(`${edge.wsUrl}/v1`);
  const streams = ['btcusdt@trade'];
  for (const command of [
    { event: 'subscribe', data: { streams } },
    { event: 'list' },
    { event: 'unsubscribe', data: { streams } },
    { event: 'ping', id: 1 },
    { event: 'nothing', id: 'x' },
  ]) {
    const reply = await client.ask(command);
    expect([reply, against(NATIVE_REPLIES[reply.event as keyof typeof NATIVE_REPLIES], reply)]).toEqual([reply, null]);
  }
});

describe('PROTOCOL.md', () => {
  const law = readFileSync('PROTOCOL.md', 'utf8');
  const quoted = [...law.matchAll(/`(\{"(?:type|event)":"[^`]*\})`/g)].map(([, text = '']) => text);

  it('has examples', () => {
    expect(quoted.length).toBeGreaterThan(4);
  });

  it.each(quoted)('shows what the contract allows: %s', (text) => {
    const verdicts = MESSAGES.map((schema) => against(schema, JSON.parse(text)));
    expect(verdicts).toContain(null);
  });
});

/** The fields of a type of event by the table of PROTOCOL.md, sorted. */
function listedFields(type: string): string[] {
  const law = readFileSync('PROTOCOL.md', 'utf8');
  const row = new RegExp(`^\\| \`${type}\` \\| (\`.*) \\|$`, 'm').exec(
    law.slice(law.indexOf('By type, with the letter')),
  );
  const names = [...(row?.[1] ?? '').matchAll(/(?:^|[·,] *)`([a-z]\w+)`/gi)].map(([, name = '']) => name);
  return names.filter((name) => !OF_OTHER_MARKETS.has(name)).sort();
}
