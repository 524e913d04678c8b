import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { spot } from '../index.js';

const read = (text: string) => spot.decode(Buffer.from(text));

describe('a reply', () => {
  it('of which Binance could not read the id has none', () => {
    const refusal = { kind: 'refusal', code: 2, message: 'no id' };
    expect(read('{"error":{"code":2,"msg":"no id"}}')).toStrictEqual({ ok: true, value: refusal });
    expect(read('{"code":2,"msg":"no id"}')).toStrictEqual({ ok: true, value: refusal });
  });

  it.each([
    ['a result of nothing that was asked', '{"result":null}'],
    ['a result whose id is no id', '{"result":null,"id":{}}'],
    ['an error that is nothing', '{"error":null,"id":1}'],
    ['an error that is a word', '{"error":"no","id":1}'],
    ['an error whose code is a text', '{"error":{"code":"2","msg":"no"},"id":1}'],
    ['an error without words', '{"error":{"code":2},"id":1}'],
    ['an error without a code', '{"msg":"no","id":1}'],
    ['a list of replies', '[{"result":null,"id":1}]'],
  ])('is not made of %s', (_, text) => {
    expect(read(text)).toMatchObject({ ok: false, problem: { code: 'ambiguous-stream', at: 0 } });
  });

  it.each([
    ['id', '{"result":null,"id":1.00000000000000000001}'],
    ['code', '{"code":2.00000000000000000001,"msg":"no","id":1}'],
    ['error.code', '{"error":{"code":2.00000000000000000001,"msg":"no"},"id":1}'],
  ])('whose %s no double holds is refused', (at, text) => {
    expect(read(text)).toEqual({
      ok: false,
      problem: { code: 'unsafe-number', message: `${at} cannot be held exactly`, at },
    });
  });

  it('with a key that stands twice is refused', () => {
    expect(read('{"result":null,"id":1,"id":2}')).toMatchObject({ ok: false, problem: { code: 'duplicate-key' } });
  });
});
