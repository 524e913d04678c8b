import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, ofBinance } from '../../../test/support/recordings.js';
import {
  type ControlRequest,
  decodeRequest,
  encodeAcknowledgement,
  encodeRefusal,
  encodeRequest,
  spot,
} from './index.js';

const WRITTEN = [
  '{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","btcusdt@depth"],"id":1}',
  '{"method":"UNSUBSCRIBE","params":["btcusdt@depth"],"id":312}',
  '{"method":"LIST_SUBSCRIPTIONS","id":3}',
  '{"method":"SET_PROPERTY","params":["combined",true],"id":5}',
  '{"method":"GET_PROPERTY","params":["combined"],"id":2}',
  '{"method":"LIST_SUBSCRIPTIONS","id":null}',
  '{"method":"LIST_SUBSCRIPTIONS","id":"abc123"}',
  '{"method":"LIST_SUBSCRIPTIONS","id":9007199254740992}',
  '{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}',
];

describe('a request', () => {
  it.each(WRITTEN)('%s is read and written again to the letter', (text) => {
    const request = decodeRequest(text);
    expect(request.ok && encodeRequest(request.value)).toBe(text);
  });

  it.each([
    ['hello', 3, undefined],
    ['[]', 3, undefined],
    ['42', 3, undefined],
    ['"text"', 3, undefined],
    ['null', 3, undefined],
    ['{"method":', 3, undefined],
    ['{"method":"SUBSCRIBE","params":["a b"],"id":3}', 2, 3],
    ['{"method":"LIST_SUBSCRIPTIONS","id":-9223372036854775809}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":1e30}', 2, undefined],
    [`{"id":9223372036854775807,"method":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":{}}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":1.5}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775808}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":"0123456789012345678901234567890123456"}', 2, undefined],
    ['{"id":3}', 2, 3],
    ['{"method":"subscribe","id":3}', 2, 3],
    ['{"method":["SUBSCRIBE"],"id":3}', 2, 3],
    [`{"method":${'['.repeat(30_000)}${']'.repeat(30_000)},"id":3}`, 2, 3],
    ['{"method":"SUBSCRIBE","params":"a@trade","id":3}', 2, 3],
    ['{"method":"SUBSCRIBE","params":[1],"id":3}', 2, 3],
    ['{"method":"SUBSCRIBE","params":["a@trade",1],"id":3}', 2, 3],
    ['{"method":"SET_PROPERTY","params":["combined",true,1],"id":3}', 2, 3],
    ['{"method":"LIST_SUBSCRIPTIONS","params":[1],"id":3}', 2, 3],
    ['{"method":"SET_PROPERTY","params":["other",true],"id":3}', 0, 3],
    ['{"method":"SET_PROPERTY","params":["combined","yes"],"id":3}', 1, 3],
    ['{"method":"GET_PROPERTY","params":[7],"id":3}', 2, 3],
    ['{"method":"GET_PROPERTY","params":["combined",true],"id":3}', 2, 3],
  ])('%s is refused with the code that Binance has for it', (text, code, id) => {
    const request = decodeRequest(text);
    expect(request).toMatchObject({ ok: false, problem: { code } });
    expect(request.ok ? undefined : request.problem.id).toBe(id);
  });
});

describe('the id of a request', () => {
  it.each([
    ['{"x":{"id":9007199254740993},"method":"LIST_SUBSCRIPTIONS","id":9007199254740992}', 9007199254740992n],
    ['{"id":9007199254740992,"method":"LIST_SUBSCRIPTIONS","x":[{"id":9007199254740993}]}', 9007199254740992n],
    ['{"x":"\\"id\\":9007199254740993","method":"LIST_SUBSCRIPTIONS","id":9007199254740992}', 9007199254740992n],
    ['{"i\\u0064":9223372036854775807,"method":"LIST_SUBSCRIPTIONS"}', 9223372036854775807n],
    ['{"id":-9223372036854775808,"method":"LIST_SUBSCRIPTIONS"}', -9223372036854775808n],
    ['{"id":-7,"method":"LIST_SUBSCRIPTIONS"}', -7],
    ['{"x":{"id":5},"method":"LIST_SUBSCRIPTIONS"}', null],
    ['{"id":7,"method":"LIST_SUBSCRIPTIONS","params":null}', 7],
  ])('is its own, to the last digit: %s', (text, id) => {
    expect(decodeRequest(text)).toMatchObject({ ok: true, value: { id } });
  });
});

describe('a refusal', () => {
  const variants = '`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`';
  it.each([
    ['hello', 'Invalid JSON: expected value at line 1 column 1'],
    ['{"id":3}', 'Invalid request: missing field `method` at line 1 column 8'],
    [
      '{"id":3,"method":\n"x"} ',
      `Invalid request: unknown variant \`x\`, expected one of ${variants} at line 2 column 4`,
    ],
    ['{"id":3,"method":7}', 'Invalid request: method must be a string'],
    ['{"id":{},"method":"LIST_SUBSCRIPTIONS"}', 'Invalid request: request ID must be an unsigned integer'],
    ['{"id":3,"method":"SUBSCRIBE","params":7}', 'Invalid request: streams must be an array'],
    ['{"id":3,"method":"SUBSCRIBE","params":[7]}', 'Invalid request: invalid stream'],
    ['{"id":3,"method":"LIST_SUBSCRIPTIONS","params":[7]}', 'Invalid request: too many parameters'],
    ['{"id":3,"method":"GET_PROPERTY","params":[7]}', 'Invalid request: property name must be a string'],
    ['{"id":3,"method":"GET_PROPERTY","params":["combined",true]}', 'Invalid request: too many parameters'],
    ['{"id":3,"method":"SET_PROPERTY","params":["x",true]}', 'Unknown property'],
    ['{"id":3,"method":"SET_PROPERTY","params":["combined",1]}', 'Invalid value type: expected Boolean'],
  ])('of %s says why in words', (text, message) => {
    expect(decodeRequest(text)).toMatchObject({ ok: false, problem: { message } });
  });
});

const observed = ofBinance('control-observed.jsonl');
describe('what was seen on the wire', () => {
  const refused = (text: string): string => {
    const request = decodeRequest(text);
    return request.ok ? encodeAcknowledgement(request.value.id) : encodeRefusal(request.problem);
  };
  const said = () => [
    refused('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}'),
    refused('{"method":"SUBSCRIBE","params":[""],"id":1}'),
    refused('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":{}}'),
    refused('{\n"params":["btcusdt@trade"],\n"id":3\n}\n'),
    refused('{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":11}'),
    encodeRefusal({ id: 19, code: 4, message: 'Too many subscriptions' }),
  ];

  it('is said in the same words', () => {
    expect(said()).toEqual([
      '{"result":null,"id":1}',
      '{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}',
      '{"error":{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}}',
      '{"error":{"code":2,"msg":"Invalid request: missing field `method` at line 4 column 1"},"id":3}',
      '{"result":null,"id":11}',
      '{"error":{"code":4,"msg":"Too many subscriptions"},"id":19}',
    ]);
  });

  it.skipIf(!observed)('is all there', () => {
    const lines = observed ? linesOf(observed) : [];
    expect(lines.length).toBeGreaterThan(0);
    expect(said().sort()).toEqual([...lines].sort());
  });
});

describe('any text', () => {
  it('is a request or a problem, and nothing is thrown', () => {
    const fields = fc.record(
      {
        method: fc.oneof(fc.constantFrom('SUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY'), fc.jsonValue()),
        params: fc.jsonValue(),
        id: fc.oneof(
          fc.jsonValue(),
          fc.bigInt().map((id) => JSON.rawJSON(String(id))),
        ),
      },
      { requiredKeys: [] },
    );
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fields.map((made) => JSON.stringify(made)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const request = decodeRequest(text);
        const again = request.ok ? decodeRequest(encodeRequest(request.value)) : request;
        expect(again).toEqual(request);
      }),
      { numRuns: 1_000 },
    );
  });
});

it('a request to list with an empty list of parameters is the same request', () => {
  expect(decodeRequest('{"method":"LIST_SUBSCRIPTIONS","params":[],"id":3}')).toEqual({
    ok: true,
    value: { method: 'LIST_SUBSCRIPTIONS', id: 3 },
  });
});

describe('a request without an id', () => {
  it.each([
    '{"method":"SUBSCRIBE","params":["a@trade"]}',
    '{"method":"UNSUBSCRIBE","params":["a@trade"]}',
    '{"method":"LIST_SUBSCRIPTIONS"}',
  ])('%s is read as one with the id null', (text) => {
    expect(decodeRequest(text)).toMatchObject({ ok: true, value: { id: null } });
  });
});

describe('a reply', () => {
  it('is written as Binance writes it, and read back', () => {
    const request: ControlRequest = { method: 'LIST_SUBSCRIPTIONS', id: 7 };
    const done = encodeAcknowledgement(request.id, ['a@trade']);
    expect(done).toBe('{"result":["a@trade"],"id":7}');
    expect(encodeAcknowledgement(12345678901234567890n)).toBe('{"result":null,"id":12345678901234567890}');
    const refused = encodeRefusal({ id: 7, code: 2, message: 'Invalid request: "x"' });
    expect(refused).toBe('{"error":{"code":2,"msg":"Invalid request: \\"x\\""},"id":7}');
    expect(encodeRefusal({ code: 3, message: 'no' })).toBe('{"error":{"code":3,"msg":"no"}}');
    expect(spot.decode(Buffer.from(refused))).toMatchObject({
      value: { kind: 'refusal', id: 7, code: 2, message: 'Invalid request: "x"' },
    });
  });
});
