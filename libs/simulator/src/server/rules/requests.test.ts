import { expect, it } from 'vitest';
import { linesOf, ofBinance } from '../../../../../test/support/recordings.js';
import { type RequestState, answer, isRequest } from './requests.js';

const state: RequestState = { isCombined: true, subscriptions: new Set(['btcusdt@trade']), streamLimit: 3 };
const reply = (text: string): string => answer(text, state).text;
const nested = (code: number, msg: string, id?: number): string =>
  JSON.stringify(id === undefined ? { error: { code, msg } } : { error: { code, msg }, id });

it.each([
  ['{"method":"SUBSCRIBE","params":["ethusdt@trade"],"id":1}', '{"result":null,"id":1}'],
  ['{"method":"SUBSCRIBE","params":["no-such@stream","BTCUSDT@trade"],"id":2}', '{"result":null,"id":2}'],
  ['{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":312}', '{"result":null,"id":312}'],
  ['{"method":"LIST_SUBSCRIPTIONS","id":3}', '{"result":["btcusdt@trade"],"id":3}'],
  ['{"method":"GET_PROPERTY","params":["combined"],"id":2}', '{"result":true,"id":2}'],
  ['{"method":"SET_PROPERTY","params":["combined",false],"id":5}', '{"result":null,"id":5}'],
  ['{"method":"SUBSCRIBE","params":["a@trade","b@trade","c@trade"],"id":19}', nested(4, 'Too many subscriptions', 19)],
  ['{"method":"SET_PROPERTY","params":["joined",true],"id":6}', nested(0, 'Unknown property', 6)],
  [
    '{"method":"SET_PROPERTY","params":["combined","yes"],"id":7}',
    nested(1, 'Invalid value type: expected Boolean', 7),
  ],
  ['{"method":"GET_PROPERTY","params":[true],"id":8}', nested(2, 'Invalid request: property name must be a string', 8)],
  ['{"method":"GET_PROPERTY","params":["combined",1],"id":8}', nested(2, 'Invalid request: too many parameters', 8)],
  ['{"method":"SUBSCRIBE","params":[5],"id":1}', nested(2, 'Invalid request: invalid stream', 1)],
  ['{"method":"SUBSCRIBE","params":"a@trade","id":1}', nested(2, 'Invalid request: streams must be an array', 1)],
  ['{"method":"SUBSCRIBE","params":[],"id":1.5}', nested(2, 'Invalid request: request ID must be an unsigned integer')],
  [
    '{"method":"LIST_SUBSCRIPTIONS","x":{"id":4},"id":9223372036854775807}',
    '{"result":["btcusdt@trade"],"id":9223372036854775807}',
  ],
  ['{"params":[],"id":3}', nested(2, 'Invalid request: missing field `method` at line 1 column 20', 3)],
  ['{"method":"LIST_SUBSCRIPTIONS"}', nested(2, 'Invalid request: request ID must be an unsigned integer')],
  ['{"method":7,"id":3}', nested(2, 'Invalid request: method must be a string', 3)],
  [
    '{"method":"LIST_SUBSCRIPTIONS","id":-9223372036854775809}',
    nested(2, 'Invalid request: request ID must be an unsigned integer'),
  ],
  ['{"method":"LIST_SUBSCRIPTIONS","id":1e30}', nested(2, 'Invalid request: request ID must be an unsigned integer')],
])('%s is answered as on the wire', (request, expected) => {
  expect(reply(request)).toBe(expected);
});

it('an unknown method is answered with the ones there are', () => {
  expect(reply('{"method":"SUBSCRIBED","id":20}')).toMatch(
    /^\{"error":\{"code":2,"msg":"Invalid request: unknown variant `SUBSCRIBED`, expected one of `SUBSCRIBE`.*"id":20\}$/,
  );
});

it('ids come back as they were: text, null, and whole numbers beyond 2^53 digit for digit', () => {
  expect(reply('{"method":"LIST_SUBSCRIPTIONS","id":"a-1"}')).toContain('"id":"a-1"');
  expect(reply('{"method":"LIST_SUBSCRIPTIONS","id":null}')).toContain('"id":null');
  expect(reply('{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}')).toContain('"id":9223372036854775807');
});

it.each(['hello', '[]', '5', 'null', '{"method":'])('%s is no request at all', (text) => {
  expect(isRequest(text)).toBe(false);
});

const documented = ofBinance('docs-control.jsonl');
it.skipIf(!documented)('the documented requests get the documented replies', () => {
  const rows = documented ? linesOf(documented) : [];
  expect(rows.length).toBeGreaterThan(0);
  const fresh: RequestState = { isCombined: true, subscriptions: new Set(['btcusdt@aggTrade']), streamLimit: 1_024 };
  for (const row of rows) {
    const { request, response } = JSON.parse(row) as { request: object; response: object };
    expect(answer(JSON.stringify(request), fresh).text).toBe(JSON.stringify(response));
  }
});
