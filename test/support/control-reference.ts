/**
 * What Binance's control plane does, case by case, written down by hand from its documentation and from what was seen on the wire. Nothing of
 * ours takes part in it: each answer is a text that stands here. So neither the simulator nor the edge can be wrong without its being seen,
 * though they understand requests by the same code, or by code of the same hand.
 *
 * A regular expression stands where no more than the beginning of an answer is known.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */

/** What is said on a connection, and what comes back, in this order. */
type Exchange = readonly [said: string, answered: string | RegExp];

export interface ControlCase {
  /** What it is that Binance does. */
  says: string;
  path: string;
  exchanges: readonly Exchange[];
}

/** What is no answer: how the connection ends. */
const END = 'closed with 1008 Invalid request';

const LIST = '{"method":"LIST_SUBSCRIPTIONS","id":3}';
const IS_COMBINED = '{"method":"GET_PROPERTY","params":["combined"],"id":2}';
const BAD_ID = '{"error":{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}}';
/** More than one connection may have, and as many. */
const NAMES_1025 = Array.from({ length: 1_025 }, (_, at) => `"s${at}"`).join(',');
const NAMES_1024 = NAMES_1025.slice(0, NAMES_1025.lastIndexOf(','));
const LONGEST_ID = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Paths of URLs that are let in, and what the connection says of itself then. */
export const PATHS: readonly ControlCase[] = [
  {
    says: 'raw, with nothing in the URL',
    path: '/ws',
    exchanges: [
      [LIST, '{"result":[],"id":3}'],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'raw, with a stream in the URL',
    path: '/ws/btcusdt@trade',
    exchanges: [
      [LIST, '{"result":["btcusdt@trade"],"id":3}'],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'raw, with two in the URL',
    path: '/ws/btcusdt@trade/ethusdt@trade',
    exchanges: [[LIST, '{"result":["btcusdt@trade","ethusdt@trade"],"id":3}']],
  },
  {
    says: 'combined, with nothing in the URL',
    path: '/stream',
    exchanges: [
      [LIST, '{"result":[],"id":3}'],
      [IS_COMBINED, '{"result":true,"id":2}'],
    ],
  },
  {
    says: 'combined, with three in the URL',
    path: '/stream?streams=btcusdt@trade/ethusdt@bookTicker/bnbusdt@depth@100ms',
    exchanges: [
      [LIST, '{"result":["btcusdt@trade","ethusdt@bookTicker","bnbusdt@depth@100ms"],"id":3}'],
      [IS_COMBINED, '{"result":true,"id":2}'],
    ],
  },
  ...['MICROSECOND', 'microsecond', 'MILLISECOND', 'millisecond'].map((unit) => ({
    says: `a unit of time, written ${unit}`,
    path: `/stream?streams=btcusdt@trade&timeUnit=${unit}`,
    exchanges: [[LIST, '{"result":["btcusdt@trade"],"id":3}'] as const],
  })),
  {
    says: 'a URL that is URL-encoded, with a symbol that is not ASCII',
    path: '/stream?streams=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9Fusdt%40trade',
    exchanges: [[LIST, '{"result":["币安人生usdt@trade"],"id":3}']],
  },
  {
    says: 'a URL that is URL-encoded, with a plus and a colon',
    path: '/stream?streams=btcusdt%40kline_1d%40%2B08%3A00',
    exchanges: [[LIST, '{"result":["btcusdt@kline_1d@+08:00"],"id":3}']],
  },
  {
    says: 'names in a URL of which there is no stream',
    path: '/stream?streams=nosuchusdt@trade/BTCUSDT@trade/btcusdt@depth30/!ticker@arr',
    exchanges: [[LIST, '{"result":["nosuchusdt@trade","BTCUSDT@trade","btcusdt@depth30","!ticker@arr"],"id":3}']],
  },
];

/** Those that are refused, with what they are answered: the status, and how its text begins. */
export const WRONG_PATHS = {
  paths: ['/', '/foo', '/wsx', '/streams', '/stream/x'],
  status: 404,
  body: 'Invalid request path',
};

/** Requests that are carried out. */
export const REQUESTS: readonly ControlCase[] = [
  {
    says: 'the five methods, as the documentation has them',
    path: '/stream',
    exchanges: [
      ['{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","btcusdt@depth"],"id":1}', '{"result":null,"id":1}'],
      ['{"method":"UNSUBSCRIBE","params":["btcusdt@depth"],"id":312}', '{"result":null,"id":312}'],
      ['{"method":"LIST_SUBSCRIPTIONS","id":3}', '{"result":["btcusdt@aggTrade"],"id":3}'],
      ['{"method":"SET_PROPERTY","params":["combined",true],"id":5}', '{"result":null,"id":5}'],
      ['{"method":"GET_PROPERTY","params":["combined"],"id":2}', '{"result":true,"id":2}'],
    ],
  },
  {
    says: 'combined begins as the path says, and may be changed: raw',
    path: '/ws',
    exchanges: [
      [IS_COMBINED, '{"result":false,"id":2}'],
      ['{"method":"SET_PROPERTY","params":["combined",true],"id":5}', '{"result":null,"id":5}'],
      [IS_COMBINED, '{"result":true,"id":2}'],
    ],
  },
  {
    says: 'combined begins as the path says, and may be changed: combined',
    path: '/stream',
    exchanges: [
      [IS_COMBINED, '{"result":true,"id":2}'],
      ['{"method":"SET_PROPERTY","params":["combined",false],"id":5}', '{"result":null,"id":5}'],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'what there is no stream of is acknowledged and listed all the same: an unknown symbol, one in upper case, depths that there are not, and what was retired',
    path: '/ws',
    exchanges: [
      ['{"method":"SUBSCRIBE","params":["nosuchusdt@trade"],"id":1}', '{"result":null,"id":1}'],
      ['{"method":"SUBSCRIBE","params":["BTCUSDT@trade"],"id":2}', '{"result":null,"id":2}'],
      ['{"method":"SUBSCRIBE","params":["btcusdt@depth30","btcusdt@depth@50ms"],"id":3}', '{"result":null,"id":3}'],
      ['{"method":"SUBSCRIBE","params":["!ticker@arr","!bookTicker"],"id":4}', '{"result":null,"id":4}'],
      [
        '{"method":"LIST_SUBSCRIPTIONS","id":5}',
        '{"result":["nosuchusdt@trade","BTCUSDT@trade","btcusdt@depth30","btcusdt@depth@50ms","!ticker@arr","!bookTicker"],"id":5}',
      ],
      ['{"method":"UNSUBSCRIBE","params":["BTCUSDT@trade","!ticker@arr"],"id":6}', '{"result":null,"id":6}'],
      [
        '{"method":"LIST_SUBSCRIPTIONS","id":7}',
        '{"result":["nosuchusdt@trade","btcusdt@depth30","btcusdt@depth@50ms","!bookTicker"],"id":7}',
      ],
    ],
  },
  {
    says: 'an id is a whole number of 64 bits with a sign',
    path: '/ws',
    exchanges: [
      ['{"method":"LIST_SUBSCRIPTIONS","id":1}', '{"result":[],"id":1}'],
      ['{"method":"LIST_SUBSCRIPTIONS","id":-1}', '{"result":[],"id":-1}'],
      ['{"method":"LIST_SUBSCRIPTIONS","id":9007199254740993}', '{"result":[],"id":9007199254740993}'],
      ['{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}', '{"result":[],"id":9223372036854775807}'],
      ['{"method":"LIST_SUBSCRIPTIONS","id":-9223372036854775808}', '{"result":[],"id":-9223372036854775808}'],
    ],
  },
  {
    says: 'or a text of up to 36 letters and digits, or null',
    path: '/ws',
    exchanges: [
      ['{"method":"LIST_SUBSCRIPTIONS","id":"abc123"}', '{"result":[],"id":"abc123"}'],
      [`{"method":"LIST_SUBSCRIPTIONS","id":"${LONGEST_ID}"}`, `{"result":[],"id":"${LONGEST_ID}"}`],
      ['{"method":"LIST_SUBSCRIPTIONS","id":null}', '{"result":[],"id":null}'],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"abc123"}', '{"result":null,"id":"abc123"}'],
    ],
  },
  {
    says: 'as many streams as a connection may have',
    path: '/ws',
    exchanges: [[`{"method":"SUBSCRIBE","params":[${NAMES_1024}],"id":18}`, '{"result":null,"id":18}']],
  },
];

/** Requests that are refused, in the form that was seen on the wire. None of them ends the connection: another request is answered behind it. */
export const REFUSALS: readonly ControlCase[] = [
  {
    says: 'code 0: no such property',
    path: '/ws',
    exchanges: [
      [
        '{"method":"SET_PROPERTY","params":["colour",true],"id":6}',
        '{"error":{"code":0,"msg":"Unknown property"},"id":6}',
      ],
      ['{"method":"GET_PROPERTY","params":["colour"],"id":7}', '{"error":{"code":0,"msg":"Unknown property"},"id":7}'],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'code 1: a value that is none of this property',
    path: '/ws',
    exchanges: [
      [
        '{"method":"SET_PROPERTY","params":["combined","yes"],"id":6}',
        '{"error":{"code":1,"msg":"Invalid value type: expected Boolean"},"id":6}',
      ],
      [
        '{"method":"SET_PROPERTY","params":["combined",1],"id":7}',
        '{"error":{"code":1,"msg":"Invalid value type: expected Boolean"},"id":7}',
      ],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'code 2: a name of a property that is no text, or is not there',
    path: '/ws',
    exchanges: [
      [
        '{"method":"GET_PROPERTY","params":[true],"id":6}',
        '{"error":{"code":2,"msg":"Invalid request: property name must be a string"},"id":6}',
      ],
      [
        '{"method":"SET_PROPERTY","params":[],"id":7}',
        '{"error":{"code":2,"msg":"Invalid request: property name must be a string"},"id":7}',
      ],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'code 2: an id that is none, which is not said',
    path: '/ws',
    exchanges: [
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1.5}', BAD_ID],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":true}', BAD_ID],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":{}}', BAD_ID],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":[1]}', BAD_ID],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":9223372036854775808}', BAD_ID],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":-9223372036854775809}', BAD_ID],
      [`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"${LONGEST_ID}x"}`, BAD_ID],
      ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"a b"}', BAD_ID],
      [LIST, '{"result":[],"id":3}'],
    ],
  },
  {
    says: 'code 2: no such method; of the words only the beginning was seen',
    path: '/ws',
    exchanges: [
      [
        '{"method":"SUBSCRIBED","params":["btcusdt@trade"],"id":20}',
        /^\{"error":\{"code":2,"msg":"Invalid request: unknown variant `SUBSCRIBED`[^"]*"\},"id":20\}$/,
      ],
      [
        '{"method":"subscribe","params":["btcusdt@trade"],"id":21}',
        /^\{"error":\{"code":2,"msg":"Invalid request: unknown variant `subscribe`[^"]*"\},"id":21\}$/,
      ],
      [LIST, '{"result":[],"id":3}'],
    ],
  },
  {
    says: 'code 2: more parameters than the method has',
    path: '/ws',
    exchanges: [
      [
        '{"method":"LIST_SUBSCRIPTIONS","params":["btcusdt@trade"],"id":6}',
        '{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":6}',
      ],
      [
        '{"method":"GET_PROPERTY","params":["combined",true],"id":7}',
        '{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":7}',
      ],
      [
        '{"method":"SET_PROPERTY","params":["combined",true,true],"id":8}',
        '{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":8}',
      ],
      [IS_COMBINED, '{"result":false,"id":2}'],
    ],
  },
  {
    says: 'code 2: no method; the place is where the request ends, counted in lines and columns',
    path: '/ws',
    exchanges: [
      [
        '{\n"params":["btcusdt@trade"],\n"id":3\n}',
        '{"error":{"code":2,"msg":"Invalid request: missing field `method` at line 4 column 1"},"id":3}',
      ],
      [
        '{"params":["btcusdt@trade"],"id":4}',
        '{"error":{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 35"},"id":4}',
      ],
      [LIST, '{"result":[],"id":3}'],
    ],
  },
  {
    says: 'code 2: a name that is none',
    path: '/ws',
    exchanges: [
      [
        '{"method":"SUBSCRIBE","params":[""],"id":1}',
        '{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}',
      ],
      [LIST, '{"result":[],"id":3}'],
    ],
  },
  {
    says: 'code 2: names that are no list',
    path: '/ws',
    exchanges: [
      [
        '{"method":"SUBSCRIBE","params":"btcusdt@trade","id":6}',
        '{"error":{"code":2,"msg":"Invalid request: streams must be an array"},"id":6}',
      ],
      [
        '{"method":"UNSUBSCRIBE","params":{"0":"btcusdt@trade"},"id":7}',
        '{"error":{"code":2,"msg":"Invalid request: streams must be an array"},"id":7}',
      ],
      [LIST, '{"result":[],"id":3}'],
    ],
  },
  {
    says: 'code 4: more streams than a connection may have',
    path: '/ws',
    exchanges: [
      [
        `{"method":"SUBSCRIBE","params":[${NAMES_1025}],"id":19}`,
        '{"error":{"code":4,"msg":"Too many subscriptions"},"id":19}',
      ],
      [LIST, '{"result":[],"id":3}'],
    ],
  },
];

/** Texts that are no request in JSON: each ends the connection, whatever streams it has. */
export const ENDINGS: readonly ControlCase[] = [
  'hello',
  '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1',
  '[]',
].map((text) => ({ says: `what is no request: ${text}`, path: '/ws/btcusdt@trade', exchanges: [[text, END]] }));

/** Under these names nothing ever comes, though they are acknowledged and listed. */
export const SILENT = [
  'nosuchusdt@trade',
  'BTCUSDT@trade',
  'btcusdt@depth30',
  'btcusdt@depth@50ms',
  '!ticker@arr',
  '!bookTicker',
];

/** What a server says that is about to go, by the form of the connection's frames. */
export const SHUTDOWN = {
  raw: /^\{"e":"serverShutdown","E":\d{13}\}$/,
  combined: /^\{"stream":"!serverShutdown","data":\{"e":"serverShutdown","E":\d{13}\}\}$/,
};

/** How connections are ended for what clients do, and what they are told. */
export const CLOSES = {
  tooFast: { code: 1008, reason: 'Too many requests' },
  noPong: { code: 1008, reason: 'Pong timeout' },
  aged: { code: 1000, reason: '' },
  goingAway: { code: 1001, reason: /^(going away)?$/ },
};

/** A request for an upgrade that lacks what one must have. */
export const HANDSHAKE = {
  status: 400,
  malformed: [
    ['without a key', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']],
    [
      'with a key that is none',
      ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short'],
    ],
  ] as const,
};
