import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { httpUrl, integer, list, text, webSocketUrl, yesOrNo } from './readers.js';
import { Setting, type SettingDetails } from './setting.js';

const milliseconds = (from: number, to: number): string => `a number of milliseconds from ${from} to ${to}`;

const PROXY_URL = 'a URL like http://proxy:3128 or http://user:password@proxy:3128';

/** A variable that programs of all kinds read, in upper and lower case. */
const ofAll = (env: string): Omit<SettingDetails, 'says'> => ({
  env,
  lowerCase: env.toLowerCase(),
  read: text,
  expected: PROXY_URL,
  isSecret: true,
});

/** Which exchange endpoint is read, and how its connection is looked after. */
export class UpstreamSettings {
  @Setting({
    env: 'HOLDFAST_UPSTREAM_WS_URL',
    read: webSocketUrl,
    expected: 'a URL like wss://data-stream.binance.vision or ws://127.0.0.1:9543, without a path',
    says: 'Base URL of the WebSocket streams. Unset: that of the market; for spot wss://data-stream.binance.vision, which carries market data only.',
  })
  @IsOptional()
  @IsString()
  wsUrl?: string;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_REST_URL',
    read: httpUrl,
    expected: 'a URL like https://api.binance.com or http://127.0.0.1:9543, without a path',
    says: 'Base URL of the REST API, which holes are filled from; no other host is asked then. Unset: those of the market; for spot https://api.binance.com, and https://data-api.binance.vision where that fails. Set it where HOLDFAST_UPSTREAM_WS_URL is set.',
  })
  @IsOptional()
  @IsString()
  restUrl?: string;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_PROXY',
    read: text,
    expected: `${PROXY_URL}, or none`,
    says: 'Proxy through which Binance is reached, with CONNECT. Unset: what HTTPS_PROXY (HTTP_PROXY for ws:// and http://), ALL_PROXY and NO_PROXY say, as for other programs. None: directly, whatever they say.',
    isSecret: true,
  })
  @IsOptional()
  @IsString()
  proxy?: string;

  @Setting({ ...ofAll('HTTPS_PROXY'), says: 'Proxy for wss:// and https:// where HOLDFAST_UPSTREAM_PROXY is unset.' })
  @IsOptional()
  @IsString()
  httpsProxy?: string;

  @Setting({ ...ofAll('HTTP_PROXY'), says: 'Proxy for ws:// and http:// where HOLDFAST_UPSTREAM_PROXY is unset.' })
  @IsOptional()
  @IsString()
  httpProxy?: string;

  @Setting({ ...ofAll('ALL_PROXY'), says: 'Proxy where neither of the two before is set.' })
  @IsOptional()
  @IsString()
  allProxy?: string;

  @Setting({
    env: 'NO_PROXY',
    lowerCase: 'no_proxy',
    read: list,
    expected: 'names, addresses and networks separated by commas, like .example.com,10.0.0.0/8, or *',
    says: 'What is reached directly, whatever the three before say.',
  })
  @IsArray()
  @IsString({ each: true })
  noProxy: string[] = [];

  @Setting({
    env: 'HOLDFAST_STREAMS',
    read: list,
    expected: 'stream names separated by commas, like btcusdt@trade,btcusdt@depth@100ms',
    says: 'Streams that are always on, whether a client wants them or not.',
  })
  @IsArray()
  @IsString({ each: true })
  streams: string[] = [];

  @Setting({
    env: 'HOLDFAST_UPSTREAM_TIME_UNIT',
    read: text,
    expected: 'MILLISECOND or MICROSECOND',
    says: 'Unit of the times Binance is asked to send.',
  })
  @IsIn(['MILLISECOND', 'MICROSECOND'])
  timeUnit: 'MILLISECOND' | 'MICROSECOND' = 'MILLISECOND';

  @Setting({
    env: 'HOLDFAST_CONNECT_TIMEOUT_MS',
    read: integer,
    expected: milliseconds(100, 120_000),
    says: 'How long a connection attempt may take in all, from the look-up of the name to the end of the WebSocket handshake, whatever comes meanwhile.',
  })
  @Max(120_000)
  @Min(100)
  @IsInt()
  connectTimeoutMs: number = 10_000;

  @Setting({
    env: 'HOLDFAST_RETRY_FIRST_MS',
    read: integer,
    expected: milliseconds(1, 60_000),
    says: 'Upper bound of the first wait after a drop; it doubles with every failure, and the wait is drawn evenly from 0 to the bound. Not above HOLDFAST_RETRY_MOST_MS.',
    notAbove: 'retryMostMs',
  })
  @Max(60_000)
  @Min(1)
  @IsInt()
  retryFirstMs: number = 250;

  @Setting({
    env: 'HOLDFAST_RETRY_MOST_MS',
    read: integer,
    expected: milliseconds(1, 600_000),
    says: 'Upper bound that the wait between attempts never exceeds, except where Binance asks for more.',
  })
  @Max(600_000)
  @Min(1)
  @IsInt()
  retryMostMs: number = 8_000;

  @Setting({
    env: 'HOLDFAST_RETRY_STEADY_MS',
    read: integer,
    expected: milliseconds(0, 3_600_000),
    says: 'How long data must have flowed, or a quiet connection have answered pings, before a drop counts as the first one again. Dropped sooner after data, the bound is at most four times the first; without data it keeps doubling.',
  })
  @Max(3_600_000)
  @Min(0)
  @IsInt()
  retrySteadyMs: number = 10_000;

  @Setting({
    env: 'HOLDFAST_FILL_WAIT_MS',
    read: integer,
    expected: milliseconds(0, 3_600_000),
    says: 'How long live events of a stream wait for missing ones that are fetched. What has not come by then is announced as a gap, and the stream goes on. Diffs of a book do not go on; they wait for a book.',
  })
  @Max(3_600_000)
  @Min(0)
  @IsInt()
  fillWaitMs: number = 120_000;

  @Setting({
    env: 'HOLDFAST_FILL_MOST_WAITING',
    read: integer,
    expected: 'a whole number from 1 to 1000000',
    says: 'How many live events of one stream wait for missing ones that are fetched. With one more the missing ones are announced as a gap; of the diffs of a book the oldest is dropped, and the book must reach past it.',
  })
  @Max(1_000_000)
  @Min(1)
  @IsInt()
  fillMostWaiting: number = 20_000;

  @Setting({
    env: 'HOLDFAST_BOOK_LEVELS',
    read: integer,
    expected: 'a whole number from 100 to 5000',
    says: 'How many levels a side of each book are fetched and kept, near the touch first, deeper as the weight that Binance allows has room: 1000 levels cost 50, 5000 cost 250, of 6000 a minute. A book of 1000 levels a side takes about 0.2 MB.',
  })
  @Max(5_000)
  @Min(100)
  @IsInt()
  bookLevels: number = 1_000;

  @Setting({
    env: 'HOLDFAST_BOOK_UNBRIDGED',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Whether diffs of a book go on behind missing ones before a new book has taken their place. Then a gap is announced, and whoever keeps a book has a wrong one until the next comes; else diffs wait for it, however long that takes.',
  })
  @IsBoolean()
  bookUnbridged: boolean = false;

  @Setting({
    env: 'HOLDFAST_SILENCE_BYTES_MS',
    read: integer,
    expected: milliseconds(100, 600_000),
    says: 'No bytes at all, pings included, for this long: the connection is dead and is replaced. Binance pings every 20 s.',
  })
  @Max(600_000)
  @Min(100)
  @IsInt()
  silenceBytesMs: number = 45_000;

  @Setting({
    env: 'HOLDFAST_SILENCE_DATA_MS',
    read: integer,
    expected: milliseconds(100, 3_600_000),
    says: 'Pings but no data on a connection that should have some, for this long at most (10 s where a stream of it is lively): it is rotated, patiently.',
  })
  @Max(3_600_000)
  @Min(100)
  @IsInt()
  silenceDataMs: number = 60_000;

  @Setting({
    env: 'HOLDFAST_SILENCE_STREAM_MS',
    read: integer,
    expected: milliseconds(100, 86_400_000),
    says: 'A stream that has a fixed pace, or brought something nearly every second, is reported stale after this long without an event at the latest, and the sooner the busier it was; quiet ones never are.',
  })
  @Max(86_400_000)
  @Min(100)
  @IsInt()
  silenceStreamMs: number = 30_000;

  @Setting({
    env: 'HOLDFAST_LONGEST_DOWNTIME_MS',
    read: integer,
    expected: milliseconds(0, 86_400_000),
    says: 'An upstream that starts goes on where the one before it was, and fetches what was missed between. If there was none for longer than this, streams begin anew, and clients are told since when something is missing.',
  })
  @Max(86_400_000)
  @Min(0)
  @IsInt()
  longestDowntimeMs: number = 600_000;

  @Setting({
    env: 'HOLDFAST_ROTATE_AFTER_MS',
    read: integer,
    expected: milliseconds(1_000, 86_400_000),
    says: 'Age at which a connection is replaced, make-before-break; Binance cuts at 24 h. A random tenth is taken off.',
  })
  @Max(86_400_000)
  @Min(1_000)
  @IsInt()
  rotateAfterMs: number = 82_800_000;

  @Setting({
    env: 'HOLDFAST_ROTATE_WINDOW',
    read: text,
    expected: 'a daily window in UTC like 03:00-04:00',
    says: 'Planned rotations happen only within this window, once a day, wherever age allows it.',
  })
  @IsOptional()
  @Matches(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/)
  rotateWindow?: string;

  @Setting({
    env: 'HOLDFAST_STREAMS_PER_CONNECTION',
    read: integer,
    expected: 'a number from 1 to 1024',
    says: 'Streams on one connection to Binance; above it more connections are opened. Binance allows 1024.',
  })
  @Max(1_024)
  @Min(1)
  @IsInt()
  streamsPerConnection: number = 1_024;

  @Setting({
    env: 'HOLDFAST_SPARE_LINE',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Keep a second connection with the same streams beside each one; what it receives is only kept as bytes, and read when the first one drops or lacks something. It doubles connections and traffic from Binance.',
  })
  @IsBoolean()
  spareLine: boolean = false;

  @Setting({
    env: 'HOLDFAST_SPARE_MS',
    read: integer,
    expected: milliseconds(1_000, 60_000),
    says: 'How much of the past a spare connection keeps, 32 MB at most.',
  })
  @Max(60_000)
  @Min(1_000)
  @IsInt()
  spareMs: number = 10_000;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_HISTORY_STREAM_BYTES',
    read: integer,
    expected: 'a number of bytes from 0 to 1073741824 (0: nothing is kept)',
    says: 'How much an upstream keeps of the newest messages of each wanted stream, for edges and others that have missed some of them: because Redis was away, say.',
  })
  @Max(1_073_741_824)
  @Min(0)
  @IsInt()
  historyStreamBytes: number = 2_097_152;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_HISTORY_BYTES',
    read: integer,
    expected: 'a number of bytes from 0 to 1099511627776',
    says: 'How much of that an upstream keeps of all streams together; where it is more, those of which most is kept give of it.',
  })
  @Max(1_099_511_627_776)
  @Min(0)
  @IsInt()
  historyBytes: number = 67_108_864;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_HISTORY_MS',
    read: integer,
    expected: milliseconds(1_000, 86_400_000),
    says: 'How long an upstream keeps it.',
  })
  @Max(86_400_000)
  @Min(1_000)
  @IsInt()
  historyMs: number = 120_000;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_MAX_STREAMS',
    read: integer,
    expected: 'a number from 1 to 100000',
    says: 'Different streams that all edges together may want; what is wanted beyond it is not subscribed to.',
  })
  @Max(100_000)
  @Min(1)
  @IsInt()
  maxStreams: number = 10_240;
}
