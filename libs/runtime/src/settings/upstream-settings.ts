import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { BinanceSettings } from './binance-settings.js';
import { integer, list, text, yesOrNo } from './readers.js';
import { Setting } from './setting.js';

const milliseconds = (from: number, to: number): string => `a number of milliseconds from ${from} to ${to}`;

/** What is read of the exchange, and how the connection to it is looked after. */
export class UpstreamSettings extends BinanceSettings {
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
    env: 'HOLDFAST_STANDBY',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Whether there are several upstreams, of which one publishes by a lease in Redis and the others stand by: each reads Binance over connections of its own, and goes on behind the last message where the one that publishes has gone. Say it of all of them or of none; it needs HOLDFAST_REDIS_URL.',
  })
  @IsBoolean()
  standby: boolean = false;

  @Setting({
    env: 'HOLDFAST_LEASE_MS',
    read: integer,
    expected: milliseconds(500, 60_000),
    says: 'Of several upstreams the one that publishes is taken for dead when it has not renewed its lease for so long; it does so four times in that time.',
  })
  @Max(60_000)
  @Min(500)
  @IsInt()
  leaseMs: number = 2_000;

  @Setting({
    env: 'HOLDFAST_SYMBOLS_EVERY_MS',
    read: integer,
    expected: milliseconds(0, 86_400_000),
    says: 'How often exchangeInfo is asked which symbols there are (weight 20): streams of others never reach Binance. While a client wants one of another symbol it is asked sooner, once a minute at most. 0: never, and any symbol will do.',
  })
  @Max(86_400_000)
  @Min(0)
  @IsInt()
  symbolsEveryMs: number = 3_600_000;

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
    says: 'Keep a second connection with the same streams beside each one; what it receives is only kept as bytes, and read when the first one drops or lacks something. It doubles connections and traffic from Binance. An upstream that stands by for another one has none.',
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
    says: 'Different streams that all edges together may want. What is wanted beyond it is not subscribed to: edges that want few get all of theirs, the others as many as each other, of each the ones that its clients asked for first.',
  })
  @Max(100_000)
  @Min(1)
  @IsInt()
  maxStreams: number = 10_240;
}
