import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { decode, isMarketEvent } from '#libs/core';
import { type FrameProblem, LARGEST_FRAME, combined, normalizeFrame, spot } from '../index.js';

const TRADE =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}}';
const KLINE =
  '{"stream":"bnbbtc@kline_1m","data":{"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515839999,"s":"BNBBTC","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}}';
const DEPTH =
  '{"stream":"bnbbtc@depth","data":{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"]]}}';
const ROLLING =
  '{"e":"1hTicker","E":1672515782136,"s":"BNBBTC","p":"1","P":"1","w":"1","o":"1","h":"1","l":"1","c":"1","v":"1","q":"1","O":1672512182136,"C":1672515782136,"F":1,"L":2,"n":2}';
const MINI = '{"e":"24hrMiniTicker","E":1672515782136,"s":"BNBBTC","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}';

const problemOf = (text: string | Buffer, isBinary = false, rawStream?: string): FrameProblem | undefined => {
  const result = spot.decode(Buffer.from(text), isBinary, rawStream);
  return result.ok ? undefined : result.problem;
};

describe('what is wrong with a frame, and where', () => {
  const deep = `{"stream":"new@thing","data":${'['.repeat(40)}${']'.repeat(40)}}`;
  it.each<[what: string, text: string, code: FrameProblem['code'], at: number | string]>([
    ['a text that is not JSON', 'hello', 'not-json', 0],
    ['a frame cut short', TRADE.slice(0, 50), 'not-json', 50],
    ['an empty text', '', 'not-json', 0],
    ['something behind the frame', `${TRADE}x`, 'not-json', TRADE.length],
    ['a number without an envelope', '42', 'wrong-shape', 0],
    ['nothing', 'null', 'wrong-shape', 0],
    ['a price that is a number', TRADE.replace('"0.001"', '0.001'), 'wrong-shape', 'data.p'],
    ['a price that is a word', TRADE.replace('0.001', 'NaN'), 'wrong-shape', 'data.p'],
    ['an id with a fraction', TRADE.replace('12345', '1.5'), 'wrong-shape', 'data.t'],
    ['a missing quantity', TRADE.replace('"q":"100",', ''), 'wrong-shape', 'data'],
    ['data that is null', '{"stream":"btcusdt@trade","data":null}', 'wrong-shape', 'data'],
    ['a candle that is an array', KLINE.replace(/"k":\{[^}]*\}/, '"k":[]'), 'wrong-shape', 'data.k'],
    ['another symbol inside', TRADE.replace('"BTCUSDT"', '"ETHUSDT"'), 'wrong-shape', 'data.s'],
    ['another symbol in the candle', KLINE.replace('"s":"BNBBTC","i"', '"s":"ETHBTC","i"'), 'wrong-shape', 'data.k.s'],
    ['another interval in the candle', KLINE.replace('"i":"1m"', '"i":"1M"'), 'wrong-shape', 'data.k.i'],
    ['another event type of ours', TRADE.replace('"e":"trade"', '"e":"aggTrade"'), 'wrong-shape', 'data.e'],
    ['a level of three', DEPTH.replace('"10"]', '"10",[]]'), 'wrong-shape', 'data.b[0]'],
    ['update ids backwards', DEPTH.replace('"U":157', '"U":161'), 'wrong-shape', 'data.U'],
    ['an object where an array belongs', `{"stream":"!miniTicker@arr","data":${MINI}}`, 'wrong-shape', 'data'],
    [
      'one bad element of an array',
      `{"stream":"!miniTicker@arr","data":[${MINI},${MINI.replace('"v":"1"', '"v":1')}]}`,
      'wrong-shape',
      'data[1].v',
    ],
    [
      'one element of another stream in an array',
      `{"stream":"!ticker_1h@arr","data":[${ROLLING},${ROLLING.replace('1hTicker', '4hTicker')}]}`,
      'wrong-shape',
      'data[1].e',
    ],
    ['a time in the candle that is a text', KLINE.replace('"t":1672515780000', '"t":"1"'), 'wrong-shape', 'data.k.t'],
    [
      'the thirteenth level, whose quantity is a number',
      DEPTH.replace('"b":[', `"b":[${'["1","1"],'.repeat(12)}["1",1],`),
      'wrong-shape',
      'data.b[12][1]',
    ],
    ['a price that is a number beyond all', TRADE.replace('"0.001"', '1e300'), 'wrong-shape', 'data.p'],
    ['an event type that is a number', TRADE.replace('"e":"trade"', '"e":7'), 'wrong-shape', 'data.e'],
    ['a stream that is a number', TRADE.replace('"btcusdt@trade"', '7'), 'ambiguous-stream', 0],
    ['an envelope without data', '{"stream":"btcusdt@trade"}', 'ambiguous-stream', 0],
    ['something behind an array', `{"stream":"!miniTicker@arr","data":[${MINI}]}x`, 'not-json', MINI.length + 38],
    ['an id beyond 2^53', TRADE.replace('12345', '9007199254740993'), 'unsafe-number', 'data.t'],
    ['a time beyond 2^53', TRADE.replace('1672515782136', '9007199254740993'), 'unsafe-number', 'data.E'],
    ['a minus zero', TRADE.replace('12345', '-0'), 'unsafe-number', 'data.t'],
    [
      'an id with more digits than a double has',
      TRADE.replace('12345', '12345.00000000000000000001'),
      'unsafe-number',
      'data.t',
    ],
    [
      'a count of trades with more digits',
      KLINE.replace('"n":100', '"n":100.0000000000000000001'),
      'unsafe-number',
      'data.k.n',
    ],
    [
      'a time in an array with more digits',
      `{"stream":"!miniTicker@arr","data":[${MINI},${MINI.replace('136', '136.0000000000001')}]}`,
      'unsafe-number',
      'data[1].E',
    ],
    ['a reply to an id beyond 2^53', '{"result":null,"id":9007199254740993}', 'unsafe-number', 'id'],
    ['a key twice', TRADE.replace('"t":12345', '"t":12344,"t":12345'), 'duplicate-key', TRADE.indexOf('"t":') + 10],
    ['a key twice in the envelope', TRADE.replace('{"stream"', '{"stream":"a","stream"'), 'duplicate-key', 14],
    [
      'a key twice, once escaped',
      TRADE.replace('"t":12345', '"\\u0074":1,"t":12345'),
      'duplicate-key',
      TRADE.indexOf('"t":') + 11,
    ],
    ['a poisoned key', TRADE.replace('"e"', '"__proto__":{"x":1},"e"'), 'poisoned-key', 34],
    ['a poisoned key inside an unknown field', TRADE.replace('"e"', '"x":{"constructor":1},"e"'), 'poisoned-key', 39],
    ['too deep', deep, 'too-deep', deep.indexOf('[') + 31],
    ['a partial book without its stream', '{"lastUpdateId":1,"bids":[],"asks":[]}', 'ambiguous-stream', 0],
  ])('%s', (_, text, code, at) => {
    expect(problemOf(text)).toMatchObject({ code, at });
  });

  it('a byte that is not UTF-8, by its offset', () => {
    const bytes = Buffer.concat([Buffer.from('{"币":"\uFFFD'), Buffer.from([0xe5, 0xb8]), Buffer.from('"}')]);
    expect(problemOf(bytes)).toMatchObject({ code: 'bad-utf8', at: 11 });
  });

  it('a binary message, and one that is too large', () => {
    expect(problemOf(TRADE, true)).toMatchObject({ code: 'binary', at: 0 });
    expect(problemOf(Buffer.alloc(LARGEST_FRAME + 1, ' '))).toMatchObject({ code: 'too-large', at: LARGEST_FRAME });
    expect(problemOf(Buffer.alloc(LARGEST_FRAME, ' '))).toMatchObject({ code: 'not-json' });
  });

  it('in words for people', () => {
    const messages = [
      problemOf(TRADE, true),
      problemOf(Buffer.alloc(LARGEST_FRAME + 1)),
      problemOf(TRADE.replace('12345', '9007199254740993')),
      problemOf(TRADE.replace('12345', '12345.00000000000000000001')),
      problemOf(TRADE.replace('"e":"trade"', '"e":"aggTrade"')),
      problemOf(TRADE.replace('"BTCUSDT"', '"ETHUSDT"')),
      problemOf(`{"stream":"!miniTicker@arr","data":${MINI}}`),
      problemOf(MINI, false, '!miniTicker@arr'),
    ].map((problem) => problem?.message);
    expect(messages).toEqual([
      'a binary message; Binance sends text only',
      '4194305 bytes, at most 4194304 are read',
      'data.t must be <= 9007199254740991',
      'data.t cannot be held exactly',
      'data.e must be equal to one of the allowed values: trade',
      'data.s contradicts the stream btcusdt@trade',
      'data must be array',
      'the frame must be array',
    ]);
  });

  it('names the stream where it could be read', () => {
    expect(problemOf(TRADE.replace('"0.001"', '1'))).toMatchObject({ stream: 'btcusdt@trade' });
  });
});

describe('what is new to us passes', () => {
  it('an unknown number of 64 bits: as its text, and as the number where the frame is written again', () => {
    const text = TRADE.replace(',"M":true', ',"M":true,"N":1770123456789123457,"x":[{"y":1.0},1e400,2]');
    const read = spot.decode(Buffer.from(text));
    if (!read.ok || read.value.kind !== 'market') throw new Error(JSON.stringify(read));
    expect(read.value.drift).toEqual([
      { what: 'field', where: 'trade.N' },
      { what: 'field', where: 'trade.x' },
    ]);
    const [event] = normalizeFrame(read.value, 0);
    expect(event?.wire).toEqual({
      fields: { N: '1770123456789123457', x: [{ y: 1 }, '1e400', 2] },
      numbers: { N: '1770123456789123457', x: { 0: { y: '1.0' }, 1: '1e400' } },
    });
    const travelled = decode(JSON.stringify(event));
    expect(
      travelled.ok && isMarketEvent(travelled.value) && combined('btcusdt@trade', spot.rebuild(travelled.value)),
    ).toBe(text);
  });

  it.each(['{"stream":"btcusdt@newThing","data":{"N":-0,"s":"-0"}}', '{"stream":"btcusdt@newThing","data":1.0}'])(
    'a number of a stream that is unknown: %s',
    (text) => {
      const read = spot.decode(Buffer.from(text));
      if (!read.ok || read.value.kind !== 'unknown') throw new Error(JSON.stringify(read));
      const [event] = normalizeFrame(read.value, 0);
      const travelled = decode(JSON.stringify(event));
      expect(
        travelled.ok && isMarketEvent(travelled.value) && combined('btcusdt@newThing', spot.rebuild(travelled.value)),
      ).toBe(text);
    },
  );

  it('a number of 64 bits beside the payload, or in a reply', () => {
    expect(spot.decode(Buffer.from(TRADE.replace('}}', '},"v":1770123456789123457}')))).toMatchObject({
      value: { kind: 'market', drift: [{ what: 'envelope', where: 'v' }] },
    });
    expect(spot.decode(Buffer.from('{"result":null,"id":1,"now":1770123456789123457}'))).toMatchObject({
      value: { kind: 'acknowledgement', id: 1 },
    });
  });

  it('an unknown field, in the payload and in the envelope', () => {
    const text = TRADE.replace('"e"', '"new":[1],"e"').replace('}}', '},"v":2}');
    expect(spot.decode(Buffer.from(text))).toMatchObject({
      ok: true,
      value: {
        kind: 'market',
        drift: [
          { what: 'field', where: 'trade.new' },
          { what: 'envelope', where: 'v' },
        ],
      },
    });
  });

  it('an unknown field named as one that other types have, whatever it holds', () => {
    const text = '{"stream":"bnbbtc@depth5","data":{"s":7,"lastUpdateId":160,"bids":[],"asks":[]}}';
    expect(spot.decode(Buffer.from(text))).toMatchObject({ value: { drift: [{ where: 'partialDepth.s' }] } });
  });

  it('an unknown event type on a known stream', () => {
    const text = TRADE.replace('"e":"trade"', '"e":"tradeV2"').replace('"p":"0.001"', '"price":{"v":1}');
    expect(spot.decode(Buffer.from(text))).toMatchObject({
      value: { kind: 'unknown', stream: 'btcusdt@trade', drift: [{ what: 'event', where: 'tradeV2' }] },
    });
  });

  it.each(['btcusdt@newThing', '!serverShutdown2'])(
    'the farewell of a server on %s, which is not its stream',
    (stream) => {
      const text = `{"stream":"${stream}","data":{"e":"serverShutdown","E":1770123456789}}`;
      expect(spot.decode(Buffer.from(text))).toMatchObject({ value: { kind: 'unknown', stream } });
    },
  );

  it('a field of an object inside', () => {
    expect(spot.decode(Buffer.from(KLINE.replace('"k":{', '"k":{"y":1,')))).toMatchObject({
      value: { drift: [{ what: 'field', where: 'kline.k.y' }] },
    });
  });

  it('an unknown field, and of odd numbers the text of the unknown one only', () => {
    const wireOf = (text: string): unknown => {
      const read = spot.decode(Buffer.from(text));
      return read.ok && read.value.kind === 'market' ? read.value.wire : read;
    };
    const text = TRADE.replace('12345', '12345.0');
    expect(wireOf(text.replace('"e"', '"N":1.0,"e"'))).toMatchObject([{ fields: { N: 1 }, numbers: { N: '1.0' } }]);
    expect(JSON.stringify(wireOf(text.replace('"e"', '"N":1.0,"e"')))).not.toContain('12345');
    expect(JSON.stringify(wireOf(text.replace('"e"', '"N":1,"e"')))).not.toContain('numbers');
  });

  it('a field of one element of an array, and one beside the array', () => {
    const text = `{"stream":"!miniTicker@arr","data":[${MINI},${MINI.replace('"q":"1"', '"q":"1","x":1')}],"v":2}`;
    expect(spot.decode(Buffer.from(text))).toMatchObject({
      value: {
        wire: [undefined, { fields: { x: 1 } }],
        drift: [
          { what: 'field', where: 'miniTicker.x' },
          { what: 'envelope', where: 'v' },
        ],
      },
    });
  });

  it('a symbol that is not told by its name in lower case made upper again', () => {
    const text = TRADE.replace('btcusdt@', 'straßeusdt@').replace('BTCUSDT', 'STRAßEUSDT');
    expect(spot.decode(Buffer.from(text))).toMatchObject({ value: { kind: 'market', data: { s: 'STRAßEUSDT' } } });
  });

  it('something else than a farewell on the stream of farewells', () => {
    const text = '{"stream":"!serverShutdown","data":{"e":"serverShutdown"}}';
    expect(spot.decode(Buffer.from(text))).toMatchObject({ value: { kind: 'unknown', stream: '!serverShutdown' } });
  });

  it('an unknown stream, whatever it carries', () => {
    expect(spot.decode(Buffer.from('{"stream":"","data":{}}'))).toMatchObject({
      value: { kind: 'unknown', stream: '' },
    });
    expect(spot.decode(Buffer.from('{"x":1}'), false, 'btcusdt@newThing')).toMatchObject({
      value: { kind: 'unknown', drift: [{ what: 'stream', where: 'btcusdt@newThing' }] },
    });
    expect(spot.decode(Buffer.from('{"stream":"btcusdt@newThing","data":"hello"}'))).toMatchObject({
      value: { kind: 'unknown', data: 'hello', drift: [{ what: 'stream', where: 'btcusdt@newThing' }] },
    });
  });
});

describe('what is not data', () => {
  it.each([
    ['{"result":null,"id":1}', { kind: 'acknowledgement', id: 1, result: null }],
    ['{"result":["a@trade"],"id":"x"}', { kind: 'acknowledgement', id: 'x', result: ['a@trade'] }],
    ['{"error":{"code":4,"msg":"Too many subscriptions"},"id":19}', { kind: 'refusal', id: 19, code: 4 }],
    ['{"error":{"code":2,"msg":"no id"}}', { kind: 'refusal', code: 2, message: 'no id' }],
    ['{"error":{"code":2,"msg":"null id"},"id":null}', { kind: 'refusal', id: null }],
    ['{"code":2,"msg":"flat","id":3}', { kind: 'refusal', id: 3, code: 2, message: 'flat' }],
    ['{"e":"serverShutdown","E":1770123456789}', { kind: 'serverShutdown', eventAt: 1770123456789 }],
    [
      '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789123}}',
      { kind: 'serverShutdown', eventAt: 1770123456789 },
    ],
  ])('%s', (text, value) => {
    expect(spot.decode(Buffer.from(text))).toMatchObject({ ok: true, value });
  });
});

describe('a payload without an envelope', () => {
  const payload = (text: string): Buffer => Buffer.from(JSON.stringify((JSON.parse(text) as { data: unknown }).data));

  it('is understood where only one stream could carry it', () => {
    expect(spot.decode(payload(TRADE))).toMatchObject({ value: { stream: 'btcusdt@trade' } });
    expect(spot.decode(Buffer.from(`[${MINI}]`))).toMatchObject({ value: { stream: '!miniTicker@arr' } });
  });

  it('is understood by what its type says of the stream', () => {
    expect(spot.decode(Buffer.from(ROLLING))).toMatchObject({ value: { stream: 'bnbbtc@ticker_1h' } });
    expect(spot.decode(Buffer.from(`[${ROLLING}]`))).toMatchObject({ value: { stream: '!ticker_1h@arr' } });
    // The days of two streams of daily candles begin at different times; of arrays of trades there is no stream.
    expect(spot.decode(payload(KLINE))).toMatchObject({ problem: { code: 'ambiguous-stream' } });
    expect(spot.decode(Buffer.from(`[${payload(TRADE).toString()}]`))).toMatchObject({
      problem: { code: 'ambiguous-stream' },
    });
    expect(spot.decode(Buffer.from('[]'))).toMatchObject({ problem: { code: 'ambiguous-stream' } });
  });

  it('needs to be told the stream where several could', () => {
    expect(spot.decode(payload(DEPTH))).toMatchObject({ problem: { code: 'ambiguous-stream' } });
    expect(spot.decode(payload(DEPTH), false, 'bnbbtc@depth@100ms')).toMatchObject({
      value: { stream: 'bnbbtc@depth@100ms', name: { type: 'depth' } },
    });
  });
});
