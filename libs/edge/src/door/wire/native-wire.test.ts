import { describe, expect, it } from 'vitest';
import { HoldfastError } from '#libs/core';
import { nativeWire } from './native-wire.js';
import type { Incoming } from './wire.js';

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const word = (letters: number): string => 'x'.repeat(letters);

/** Its code, its sentence and its id, where it was refused. */
const refusalOf = (incoming: Incoming): unknown[] | undefined =>
  incoming.kind === 'refused' ? [incoming.error.code, incoming.error.message, incoming.id] : undefined;

describe('the wire of /v1', () => {
  it.each([
    ['{"event":"list"}', { handler: 'list' }],
    ['{"event":"ping","id":0}', { handler: 'ping', id: 0 }],
    [
      '{"event":"unsubscribe","id":"a","data":{"streams":[]}}',
      { handler: 'unsubscribe', id: 'a', data: { streams: [] } },
    ],
    ['{"event":"subscribe","id":-9007199254740991}', { handler: 'subscribe', id: -9007199254740991 }],
    ['{"event":"subscribe","id":9007199254740991}', { handler: 'subscribe', id: 9007199254740991 }],
    [`{"event":"list","data":${nested(7)}}`, { handler: 'list', data: [[[[[[[]]]]]]] }],
    ['{"event":"list","data":null}', { handler: 'list', data: null }],
  ])('takes %s for a command', (text, command) => {
    const incoming = nativeWire.read(text);
    expect(incoming).toEqual({ kind: 'command', command });
    expect(incoming.kind === 'command' && 'id' in incoming.command).toBe('id' in command);
  });

  const object = 'expected an object like {"event":"subscribe","id":1,"data":{"streams":[…]}}';
  const id = 'id: expected a number up to 9007199254740991 or a string';
  const commands = 'there are subscribe, unsubscribe, list, ping';

  it.each([
    [undefined, 'bad-json', 'a binary message: commands are JSON texts', undefined],
    ['{"event":', 'bad-json', expect.stringMatching(/^not JSON: .*JSON/), undefined],
    [`{"event":"list","id":1,"data":${nested(8)}}`, 'bad-json', 'nested deeper than 8 levels', undefined],
    [`{"event":"list","data":[${nested(7)},1]}`, 'bad-json', 'nested deeper than 8 levels', undefined],
    ['7', 'bad-command', object, undefined],
    ['"list"', 'bad-command', object, undefined],
    ['null', 'bad-command', object, undefined],
    ['[]', 'bad-command', object, undefined],
    ['{"event":"list","id":{}}', 'bad-command', id, undefined],
    ['{"event":"list","id":[3]}', 'bad-command', id, undefined],
    ['{"event":"list","id":null}', 'bad-command', id, undefined],
    ['{"event":"list","id":9007199254740992}', 'bad-command', id, undefined],
    ['{"event":"list","id":-9007199254740992}', 'bad-command', id, undefined],
    ['{"id":5}', 'bad-command', 'event: expected the name of a command', 5],
    ['{"event":"fly","id":5}', 'unknown-command', `event: no command "fly"; ${commands}`, 5],
    [`{"event":"${word(40)}"}`, 'unknown-command', `event: no command "${word(40)}"; ${commands}`, undefined],
    [`{"event":"${word(41)}"}`, 'unknown-command', `event: no command "${word(40)}…"; ${commands}`, undefined],
  ])('refuses %s', (text, code, message, gotId) => {
    const incoming = nativeWire.read(text);
    expect(refusalOf(incoming)).toEqual([code, message, gotId]);
    expect('id' in incoming).toBe(gotId !== undefined);
  });

  it.each([
    ['{"event":"list","id":3}', 3],
    ['{"event":"fly","id":4}', 4],
    ['hello', undefined],
    [undefined, undefined],
  ])('says of %s, which comes too fast, how many there may be, with its id', (text, gotId) => {
    const refusal = ['too-many-commands', 'at most 5 commands per second', gotId];
    expect(refusalOf(nativeWire.tooFast(text, 5))).toEqual(refusal);
  });

  it('writes replies and refusals with the id between, where there was one, and the streams that are to blame', () => {
    const result = { event: 'list', data: { streams: [] } };
    expect(nativeWire.reply({ handler: 'list', id: 0 }, result)).toBe('{"event":"list","id":0,"data":{"streams":[]}}');
    expect(nativeWire.reply({ handler: 'list' }, result)).toBe('{"event":"list","data":{"streams":[]}}');
    const plain = new HoldfastError('bad-json', 'no');
    expect(nativeWire.refuse(plain)).toBe('{"event":"error","data":{"code":"bad-json","message":"no"}}');
    const blaming = new HoldfastError('bad-stream', 'no', { streams: { x: 'why' } });
    const data = '{"code":"bad-stream","message":"no","streams":{"x":"why"}}';
    expect(nativeWire.refuse(blaming, 'a')).toBe(`{"event":"error","id":"a","data":${data}}`);
  });
});
