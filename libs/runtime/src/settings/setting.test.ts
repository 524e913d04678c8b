import { IsInt, Max, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  BusSettings,
  EdgeSettings,
  OpsSettings,
  Setting,
  SettingsError,
  UpstreamSettings,
  integer,
  list,
  readSettings,
  settingsOf,
  text,
  yesOrNo,
} from './index.js';

class Sample {
  @Setting({ env: 'SAMPLE_SIZE', read: integer, expected: 'a number from 1 to 9', says: 'A size.' })
  @Max(9)
  @Min(1)
  @IsInt()
  size: number = 3;
}

const ALL = { bus: BusSettings, edge: EdgeSettings, ops: OpsSettings, upstream: UpstreamSettings };

const complaintsOf = (read: () => unknown): string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.lines;
    throw error;
  }
  return [];
};

describe('readSettings', () => {
  it('accepts every default', () => {
    expect(complaintsOf(() => readSettings(ALL, {}))).toEqual([]);
  });

  it('reads of a class that extends another what both declare', () => {
    class Larger extends Sample {
      @Setting({ env: 'SAMPLE_DEPTH', read: integer, expected: 'a number from 1 to 5', says: 'A depth.' })
      @Max(5)
      @Min(1)
      @IsInt()
      depth: number = 2;
    }
    expect(readSettings({ larger: Larger }, { SAMPLE_SIZE: '7' }).larger).toEqual({ size: 7, depth: 2 });
    expect(complaintsOf(() => readSettings({ larger: Larger }, { SAMPLE_SIZE: '70', SAMPLE_DEPTH: '9' }))).toEqual([
      'SAMPLE_DEPTH is "9": expected a number from 1 to 5',
      'SAMPLE_SIZE is "70": expected a number from 1 to 9',
    ]);
    expect([...settingsOf(Sample).keys()]).toEqual(['size']);
  });

  it('takes a value from the environment, and keeps the default where a variable is unset or empty', () => {
    expect(readSettings({ sample: Sample }, { SAMPLE_SIZE: ' 7 ' }).sample.size).toBe(7);
    expect(readSettings({ sample: Sample }, { SAMPLE_SIZE: '' }).sample.size).toBe(3);
    expect(readSettings({ sample: Sample }, {}).sample.size).toBe(3);
  });

  it.each(['0', '10', '1.5', 'three', '0x3', '1e0', 'tcp://10.0.0.7:9443'])(
    'refuses %s, and says what it expected',
    (given) => {
      expect(complaintsOf(() => readSettings({ sample: Sample }, { SAMPLE_SIZE: given }))).toEqual([
        `SAMPLE_SIZE is ${JSON.stringify(given)}: expected a number from 1 to 9`,
      ]);
    },
  );

  it('names every bad setting at once', () => {
    const environment = {
      HOLDFAST_PORT: '99999',
      HOLDFAST_LOG_LEVEL: 'loud',
      HOLDFAST_UPSTREAM_WS_URL: 'ws://a/stream',
    };
    const lines = complaintsOf(() => readSettings(ALL, environment));
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.split(' ')[0]))).toEqual(new Set(Object.keys(environment)));
  });

  it('names a setting that two sections share once', () => {
    expect(complaintsOf(() => readSettings({ a: Sample, b: Sample }, { SAMPLE_SIZE: 'x' }))).toHaveLength(1);
  });

  it.each([
    'user:s3cret@host:6379',
    'redis:/:s3cret@host',
    'http://app:s3cret@redis:6379',
    'redis://:s3c#s3cret@host:6379',
    'redis://user:1#s3cret@host:6379',
    'redis://:s3c/s3cret@host:6379',
    'redis://user:1/s3cret@host:6379',
    'redis://user:1?s3cret@host:6379',
    'redis://:s3cret%zz@host:6379',
    'redis://:s3cret@host:99999',
    'redis://:s3cret@host:0',
    'redis://:s3cret@',
    'redis://s3cret@host',
    'redis://:s3cret @host',
    's3cret',
    'redis://:s3cret@h1,h2',
    'redis-sentinel://:s3cret@h1,h2',
    'redis-sentinel://:s3cret@h1,h2/',
    'redis-sentinel://:s3cret@h1,/mymaster',
    'redis-sentinel://:s3cret@h1,h2:0/mymaster',
    'redis-sentinel://:s3cret@h1,h2/my/master',
    'redis-sentinel://:s3cret@h1,h2/mymaster/0',
    'redis-cluster://:s3cret@h1,h2/0',
    'redis-cluster://:s3cret@h1,h2/mymaster',
    'redis-cluster://:s3cret@h1,',
    'redis-other://:s3cret@h1',
  ])('refuses %s as the URL of Redis, and shows nothing of it', (given) => {
    const lines = complaintsOf(() => readSettings(ALL, { HOLDFAST_REDIS_URL: given }));
    expect(lines).toEqual([
      expect.stringMatching(/^HOLDFAST_REDIS_URL is .*: expected a URL like redis:\/\/host:6379/),
    ]);
    expect(lines[0]).not.toMatch(/s3c|app|%zz/);
  });

  it.each([
    'redis://h/1',
    'redis://h:6379/99',
    'redis://h/abc',
    'redis://h/0/1',
    'redis://h?db=1',
    'redis://h/-0',
    'redis-cluster://h/1',
  ])('refuses %s, since channels know no databases, and says what to use instead', (given) => {
    expect(complaintsOf(() => readSettings(ALL, { HOLDFAST_REDIS_URL: given }))).toEqual([
      expect.stringContaining('HOLDFAST_REDIS_PREFIX keeps installations apart'),
    ]);
  });

  it.each([
    'redis://h',
    'redis://h/',
    'redis://h:6379/0',
    'rediss://user:p%23%40%2Fss@[::1]:6380',
    ' redis://:pa$$@h.example ',
    'redis-sentinel://h/mymaster',
    'rediss-sentinel://user:p%23%40%2Fss@h1:26380,[::1],10.0.0.3:1/my.master-1',
    'redis-cluster://h',
    'rediss-cluster://user:p%23%40%2Fss@h1:6380,[::1],10.0.0.3:1/',
  ])('takes %s as the URL of Redis', (given) => {
    expect(readSettings(ALL, { HOLDFAST_REDIS_URL: given }).bus.redisUrl).toBe(given.trim());
  });

  it.each(['staging:', 'a.b_c-1', ''])('takes %j as a prefix of Redis', (given) => {
    expect(readSettings(ALL, { HOLDFAST_REDIS_PREFIX: given }).bus.redisPrefix).toBe(given);
  });

  it.each(['{staging}', 'a b', 'a*', 'é', 'x'.repeat(65)])('refuses %j as a prefix of Redis', (given) => {
    expect(complaintsOf(() => readSettings(ALL, { HOLDFAST_REDIS_PREFIX: given }))).toHaveLength(1);
  });

  it.each([
    'wss://host:99443',
    'wss://host:0',
    'wss://[::1',
    'wss://',
    'wss://:9443',
    'wss://host:abc',
    'wss://ho%zzst',
    'wss://host\\path',
    'wss://host/ws',
    'https://host',
    'host:9443',
  ])('refuses %s as the URL of Binance', (given) => {
    expect(complaintsOf(() => readSettings(ALL, { HOLDFAST_UPSTREAM_WS_URL: given }))).toEqual([
      expect.stringMatching(/^HOLDFAST_UPSTREAM_WS_URL is .*: expected a URL like wss:/),
    ]);
  });

  it.each(['wss://data-stream.binance.vision', 'ws://127.0.0.1:9543/', 'wss://[::1]:9443', 'wss://user:pw@host'])(
    'takes %s as the URL of Binance',
    (given) => {
      expect(readSettings(ALL, { HOLDFAST_UPSTREAM_WS_URL: given }).upstream.wsUrl).toBe(given);
    },
  );

  it.each(['wss://api.binance.com', 'api.binance.com', 'https://api.binance.com/api/v3', 'https://host:0', 'https://'])(
    'refuses %s as the URL of Binance’s REST API',
    (given) => {
      expect(complaintsOf(() => readSettings(ALL, { HOLDFAST_UPSTREAM_REST_URL: given }))).toEqual([
        expect.stringMatching(/^HOLDFAST_UPSTREAM_REST_URL is .*: expected a URL like https:/),
      ]);
    },
  );

  it.each(['https://api.binance.com', 'http://127.0.0.1:9543/'])(
    'takes %s as the URL of Binance’s REST API',
    (given) => {
      expect(readSettings(ALL, { HOLDFAST_UPSTREAM_REST_URL: given }).upstream.restUrl).toBe(given);
    },
  );

  it.each(['a b', 'http://host', '1.2.3', '256.1.1.1', '-a', 'a..b', '[::g]', 'host:9443'])(
    'refuses %j as a host',
    (given) => {
      expect(complaintsOf(() => readSettings(ALL, { HOLDFAST_HOST: given, HOLDFAST_OPS_HOST: given }))).toHaveLength(2);
    },
  );

  it.each([
    ['[::1]', '::1'],
    ['0.0.0.0', '0.0.0.0'],
    ['pod-1.example.com', 'pod-1.example.com'],
  ])('takes %j as the host %s', (given, host) => {
    expect(readSettings(ALL, { HOLDFAST_HOST: given }).edge.host).toBe(host);
  });

  it.each([
    ['HOLDFAST_STREAM', 'btcusdt@trade', 'HOLDFAST_STREAMS'],
    ['HOLDFAST_MAX_CONNECTION', '5', 'HOLDFAST_MAX_CONNECTIONS'],
    ['HOLDFAST_RETRY_FIRST', '', 'HOLDFAST_RETRY_FIRST_MS'],
  ])('refuses %s, which is no setting, with the nearest name', (name, value, meant) => {
    expect(complaintsOf(() => readSettings({ ops: OpsSettings }, { [name]: value }))).toEqual([
      `${name} is not a setting: did you mean ${meant}?`,
    ]);
  });

  it('leaves alone what is another’s, and what Kubernetes says of a Service', () => {
    const environment = {
      PATH: '/bin',
      HOLDFAST: 'yes',
      SAMPEL_SIZE: '1',
      HOLDFAST_EDGE_PORT: 'tcp://10.0.0.7:9443',
      HOLDFAST_EDGE_PORT_9443_TCP: 'tcp://10.0.0.7:9443',
      HOLDFAST_EDGE_PORT_9443_TCP_ADDR: '10.0.0.7',
      HOLDFAST_EDGE_SERVICE_HOST: '10.0.0.7',
      HOLDFAST_EDGE_SERVICE_PORT_CLIENTS: '9443',
      // Settings of another role may be there too.
      HOLDFAST_STREAMS: 'btcusdt@trade',
    };
    expect(complaintsOf(() => readSettings({ ops: OpsSettings }, environment))).toEqual([]);
  });

  it('refuses two settings that contradict each other, with both names', () => {
    const environment = { HOLDFAST_RETRY_FIRST_MS: '60000', HOLDFAST_RETRY_MOST_MS: '1' };
    expect(complaintsOf(() => readSettings(ALL, environment))).toEqual([
      'HOLDFAST_RETRY_FIRST_MS is 60000 and HOLDFAST_RETRY_MOST_MS is 1: expected the first not above the second',
    ]);
  });

  it('cannot be changed afterwards', () => {
    const settings = readSettings({ sample: Sample }, {});
    expect(() => Reflect.set(settings.sample, 'size', 5)).not.toThrow();
    expect(settings.sample.size).toBe(3);
  });
});

it('no two settings share a variable', () => {
  const names = Object.values(ALL).flatMap((type) => [...settingsOf(type).values()].map(({ env }) => env));
  expect(names).toEqual([...new Set(names)]);
});

it.each([
  [integer, '-12', -12],
  [integer, '12345678901234567890', undefined],
  [yesOrNo, 'Yes', true],
  [yesOrNo, 'false', false],
  [yesOrNo, '1', undefined],
  [list, ' a@trade, ,b@depth ', ['a@trade', 'b@depth']],
  [text, ' a ', 'a'],
])('%o reads %j as %j', (read, given, value) => {
  expect(read(given)).toEqual(value);
});
