import { describe, expect, it } from 'vitest';
import { HoldfastError } from '#libs/core';
import { binanceWire } from './binance-wire.js';

/** What a client is answered whose text was refused; undefined where it was not. */
function answered(text: string): string | undefined {
  const incoming = binanceWire.read(text);
  return incoming.kind === 'refused' ? binanceWire.refuse(incoming.error, incoming.id) : undefined;
}

describe('Binance’s wire', () => {
  it('takes a request for a command that is named by its method', () => {
    const request = { method: 'SUBSCRIBE', params: ['btcusdt@trade'], id: 1 };
    expect(binanceWire.read(JSON.stringify(request))).toEqual({
      kind: 'command',
      command: { handler: 'SUBSCRIBE', id: 1, data: request },
    });
  });

  it.each([undefined, '', 'hello', '{"method":', '[]', '[{}]', '7', 'null'])('closes the connection for %s', (text) => {
    expect(binanceWire.read(text)).toEqual({ kind: 'hopeless', code: 1008, reason: 'Invalid request' });
  });

  it('closes the connection of who asks too fast', () => {
    const hopeless = { kind: 'hopeless', code: 1008, reason: 'Too many requests' };
    expect(binanceWire.tooFast('{"method":"LIST_SUBSCRIPTIONS"}', 5)).toEqual(hopeless);
  });

  it('refuses in Binance’s number and words, with the id where it could be read', () => {
    const error = '{"code":2,"msg":"Invalid request: streams must be an array"}';
    expect(answered('\n {"method":"SUBSCRIBE","params":7,"id":1}')).toBe(`{"error":${error},"id":1}`);
    expect(answered('{"method":"SUBSCRIBE","params":7}')).toBe(`{"error":${error},"id":null}`);
    const unread = '{"error":{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}}';
    expect(answered('{"method":"SUBSCRIBE","id":{}}')).toBe(unread);
    const property = '{"method":"GET_PROPERTY","params":["speed"],"id":"a"}';
    expect(answered(property)).toBe('{"error":{"code":0,"msg":"Unknown property"},"id":"a"}');
  });

  it('counts its own refusals as bad commands', () => {
    expect(binanceWire.read('{"method":7}')).toMatchObject({ kind: 'refused', error: { code: 'bad-command' } });
  });

  it('has Binance’s words for too many streams, of the client or of the edge, and too many at once, and ours for the rest', () => {
    for (const [code, msg] of [
      ['too-many-streams', 'Too many subscriptions'],
      ['no-room', 'Too many subscriptions'],
      ['too-many-commands', 'Too many requests'],
    ] as const) {
      const refused = binanceWire.refuse(new HoldfastError(code, 'in our own words'), 1);
      expect(refused).toBe(`{"error":{"code":4,"msg":"${msg}"},"id":1}`);
    }
    const bad = new HoldfastError('bad-stream', 'no such stream');
    expect(binanceWire.refuse(bad, 1)).toBe('{"error":{"code":2,"msg":"Invalid request: no such stream"},"id":1}');
    expect(binanceWire.refuse(bad)).toBe('{"error":{"code":2,"msg":"Invalid request: no such stream"}}');
  });

  it('acknowledges with the result and the id, null where there is none', () => {
    expect(binanceWire.reply({ handler: 'SUBSCRIBE', id: 0 }, null)).toBe('{"result":null,"id":0}');
    expect(binanceWire.reply({ handler: 'SUBSCRIBE' }, undefined)).toBe('{"result":null,"id":null}');
    expect(binanceWire.reply({ handler: 'GET_PROPERTY', id: 'a' }, false)).toBe('{"result":false,"id":"a"}');
    expect(binanceWire.reply({ handler: 'GET_PROPERTY', id: 'a' }, true)).toBe('{"result":true,"id":"a"}');
    expect(binanceWire.reply({ handler: 'LIST_SUBSCRIPTIONS', id: 1 }, [])).toBe('{"result":[],"id":1}');
  });
});
