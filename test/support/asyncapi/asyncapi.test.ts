import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { Parser } from '@asyncapi/parser';
import * as fc from 'fast-check';
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { normalizeFrame, spot } from '#libs/binance';
import { type BookEvent, type FeedEvent, encode } from '#libs/core';
import { driftingFrames, framesOf, textOf } from '../binance-frames.js';
import { asyncapiText } from './document.js';
import { BOOK_EVENT, type JsonSchema, marketEventSchemas } from './event-schemas.js';
import { FEED_EVENT } from './message-schemas.js';

const ajv = new Ajv({ strict: false });

const validators = new Map<string, ValidateFunction>(
  Object.entries<JsonSchema>({ ...marketEventSchemas(), book: BOOK_EVENT, feed: FEED_EVENT }).map(([type, schema]) => [
    type,
    ajv.compile(schema),
  ]),
);

/** What the published schema of its type says about an event's text; null when it fits. */
function complaints(text: string): unknown {
  const event = JSON.parse(text) as { type: string };
  const validate = validators.get(event.type);
  if (!validate) return `no schema for ${event.type}`;
  return validate(event) ? null : validate.errors;
}

function eventTexts(frameText: string): string[] {
  const decoded = spot.decode(Buffer.from(frameText));
  if (!decoded.ok || (decoded.value.kind !== 'market' && decoded.value.kind !== 'unknown')) throw new Error(frameText);
  return normalizeFrame(decoded.value, 1_700_000_000_000.335).map(encode);
}

describe('the published contract', () => {
  it('is current: run `npm run asyncapi` and commit the file', () => {
    expect(readFileSync('asyncapi.yaml', 'utf8')).toBe(asyncapiText());
  });

  it('is AsyncAPI, as its own parser sees it', async () => {
    const { document, diagnostics } = await new Parser().parse(asyncapiText());
    expect(
      diagnostics.map(({ severity, message }) => `${severity} ${message}`).filter((line) => line.startsWith('0 ')),
    ).toEqual([]);
    expect(document?.channels().all().length).toBe(17);
  }, 30_000);

  it('has an example of every message, which its schema allows', () => {
    const { components } = parse(asyncapiText()) as {
      components: {
        messages: Record<string, { examples?: { payload: unknown }[] }>;
        schemas: Record<string, JsonSchema>;
      };
    };
    const whole = new Ajv({ strict: false }).addSchema({ $id: 'contract', components });
    for (const [name, { examples = [] }] of Object.entries(components.messages)) {
      const validate = whole.compile({ $ref: `contract#/components/schemas/${name}` });
      expect([name, examples.length]).toEqual([name, 1]);
      expect([name, validate(examples[0]?.payload), validate.errors]).toEqual([name, true, null]);
    }
  });

  it.each(spot.types.map((type) => [type.type, type] as const))(
    'describes every field of %s events, and no other',
    (_, type) => {
      fc.assert(
        fc.property(framesOf(type), (frame) => {
          for (const text of eventTexts(textOf(frame))) expect(complaints(text)).toBeNull();
        }),
        { numRuns: 50 },
      );
    },
  );

  it('describes drifted events, unknown ones, feed states and books', () => {
    fc.assert(
      fc.property(driftingFrames, (frame) => {
        for (const text of eventTexts(textOf(frame))) expect(complaints(text)).toBeNull();
      }),
    );
    for (const text of eventTexts('{"stream":"btcusdt@new","data":[1]}')) expect(complaints(text)).toBeNull();
    const feed: FeedEvent = {
      type: 'feed',
      stream: 'btcusdt@trade',
      epoch: 1,
      seq: 2,
      state: 'gap',
      since: 1_700_000_000_000,
      cause: 'ids-missing',
      by: 'upstream',
      missing: { from: 1, to: 2 },
    };
    expect(complaints(encode(feed))).toBeNull();
    const head = { stream: 'btcusdt@depth', epoch: 1, seq: 2, symbol: 'BTCUSDT', receivedAt: 1_700_000_000_000 };
    const book: BookEvent = { type: 'book', ...head, lastUpdateId: 3, bids: [['1.0', '2']], asks: [], bidsTo: '0.5' };
    expect(complaints(encode(book))).toBeNull();
  });

  it('notices an event field that it does not describe', () => {
    const [text = ''] = eventTexts(
      '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"1","A":"1"}}',
    );
    expect(complaints(text.replace('"bid"', '"bidPrice"'))).not.toBeNull();
  });
});
