import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HoldfastError } from '#libs/core';
import { binanceWire } from './binance-wire.js';
import { nativeWire } from './native-wire.js';

const jsons = fc.jsonValue().map((value) => JSON.stringify(value));
const shaped = fc
  .record(
    {
      event: fc.oneof(fc.constantFrom('subscribe', 'list'), fc.string()),
      method: fc.oneof(fc.constantFrom('SUBSCRIBE', 'SET_PROPERTY'), fc.jsonValue()),
      params: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
      data: fc.jsonValue(),
      id: fc.oneof(fc.nat(), fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const texts = fc.oneof(fc.string(), jsons, shaped);

describe.each([nativeWire, binanceWire])('the wire of $name clients', (wire) => {
  it('makes something of every text and never throws', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const incoming = wire.read(text);
        expect(['command', 'refused', 'hopeless']).toContain(incoming.kind);
        if (incoming.kind === 'command') expect(JSON.parse(wire.reply(incoming.command, { event: 'x' }))).toBeDefined();
        if (incoming.kind === 'refused') expect(JSON.parse(wire.refuse(incoming.error, incoming.id))).toBeDefined();
      }),
    );
  });

  it('gives the id back as it came', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.stringMatching(/^[a-z0-9]{1,36}$/)), (id) => {
        const text = JSON.stringify({ event: 'list', method: 'LIST_SUBSCRIPTIONS', id });
        const incoming = wire.read(text);
        if (incoming.kind !== 'command') throw new Error(`not a command: ${text}`);
        const refusal = wire.refuse(new HoldfastError('internal', 'no'), incoming.command.id);
        for (const reply of [wire.reply(incoming.command, { event: 'list', data: {} }), refusal]) {
          expect(JSON.parse(reply)).toMatchObject({ id });
        }
      }),
    );
  });
});
