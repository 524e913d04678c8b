import { IsBoolean, IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';
import { ClientRestSettings } from './client-rest-settings.js';
import { host, integer, yesOrNo } from './readers.js';
import { Setting } from './setting.js';

/** Where clients connect and what one of them may take. */
export class EdgeSettings extends ClientRestSettings {
  @Setting({
    env: 'HOLDFAST_HOST',
    read: host,
    expected: 'a host name or an IP address',
    says: 'Address that clients connect to. Anything but loopback needs tokens (HOLDFAST_TOKENS_FILE, HOLDFAST_JWT_KEYS) or HOLDFAST_ALLOW_PUBLIC=yes.',
  })
  @IsString()
  @IsNotEmpty()
  host: string = '127.0.0.1';

  @Setting({
    env: 'HOLDFAST_PORT',
    read: integer,
    expected: 'a port from 0 to 65535 (0 takes a free one)',
    says: 'Port that clients connect to.',
  })
  @Max(65_535)
  @Min(0)
  @IsInt()
  port: number = 9443;

  @Setting({
    env: 'HOLDFAST_ALLOW_PUBLIC',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Yes: listen on an address that other machines reach although clients are not authenticated. A firewall or NetworkPolicy is then yours to keep.',
  })
  @IsBoolean()
  allowPublic: boolean = false;

  @Setting({
    env: 'HOLDFAST_WATCH_PAGE',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Whether the clients’ port shows people who open it in a browser a page on which they watch streams (/watch; / leads there). Anybody who reaches the port may have the page itself; what it shows needs a token where tokens are asked for. No: there is no such page.',
  })
  @IsBoolean()
  watchPage: boolean = true;

  @Setting({
    env: 'HOLDFAST_MAX_CONNECTIONS',
    read: integer,
    expected: 'a number from 1 to 1000000',
    says: 'Client connections one edge holds; one more is closed with 4002. Lowered, with a warning, where the limit of open files (ulimit -n) leaves no room for so many beside the reserve of the process itself.',
  })
  @Max(1_000_000)
  @Min(1)
  @IsInt()
  maxConnections: number = 10_000;

  @Setting({
    env: 'HOLDFAST_MAX_STREAMS_PER_CLIENT',
    read: integer,
    expected: 'a number from 1 to 100000',
    says: 'Streams one client connection may have at once.',
  })
  @Max(100_000)
  @Min(1)
  @IsInt()
  maxStreamsPerClient: number = 1_024;

  @Setting({
    env: 'HOLDFAST_MAX_STREAMS',
    read: integer,
    expected: 'a number from 1 to 100000',
    says: 'Different streams all clients of one edge may want together. No holder of a token, no address without one, takes all of it: three quarters alone (4,096 of the default), less where others have some; and as many in a minute that nobody has yet (1,000 at least).',
  })
  @Max(100_000)
  @Min(1)
  @IsInt()
  maxStreams: number = 5_462;

  @Setting({
    env: 'HOLDFAST_MAX_CLIENT_MESSAGE_BYTES',
    read: integer,
    expected: 'a number of bytes from 256 to 1048576',
    says: 'Largest message a client may send; a larger one closes its connection with 1009.',
  })
  @Max(1_048_576)
  @Min(256)
  @IsInt()
  maxClientMessageBytes: number = 65_536;

  @Setting({
    env: 'HOLDFAST_MAX_CLIENT_COMMANDS_PER_SECOND',
    read: integer,
    expected: 'a number from 1 to 10000',
    says: 'Commands one client may send per second; more are refused with an error. So many pings and pongs it may send as well; more close it.',
  })
  @Max(10_000)
  @Min(1)
  @IsInt()
  maxCommandsPerSecond: number = 50;

  @Setting({
    env: 'HOLDFAST_MAX_CLIENT_BACKLOG_BYTES',
    read: integer,
    expected: 'a number of bytes from 16384 to 1073741824',
    says: 'What may wait for one slow client and must not be left out. Above it a client of /v1 is given what it lacks as it reads (HOLDFAST_HISTORY_STREAM_BYTES) under the contract all, and closed with 4001 under the others; one of Binance’s wire is closed with 1008. None silently loses messages.',
  })
  @Max(1_073_741_824)
  @Min(16_384)
  @IsInt()
  maxClientBacklogBytes: number = 4_194_304;

  @Setting({
    env: 'HOLDFAST_MAX_BACKLOGS_BYTES',
    read: integer,
    expected: 'a number of bytes from 65536 to 1099511627776, or 0 (a quarter of the memory that this process may use)',
    says: 'What may wait for all slow clients together. Where three quarters of it wait, the slowest are cut off until half is free. Answers of REST that are read slowly may take a quarter as much beside it.',
  })
  @Max(1_099_511_627_776)
  @Min(0)
  @IsInt()
  maxBacklogsBytes: number = 0;

  @Setting({
    env: 'HOLDFAST_CLIENT_IDLE_S',
    read: integer,
    expected: 'a number of seconds from 8 to 960',
    says: 'A client that has sent nothing, not even a pong, for this long is closed; pings are sent in between.',
  })
  @Max(960)
  @Min(8)
  @IsInt()
  clientIdleS: number = 120;

  @Setting({
    env: 'HOLDFAST_READY_NEEDS_DATA',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Whether a process that serves clients is ready (/readyz) only while it hears Redis and an upstream, and in a standalone gateway Binance. No: it is ready while it can take clients and tell them what is down; what all replicas share then takes none of them out of its Service.',
  })
  @IsBoolean()
  readyNeedsData: boolean = false;

  @Setting({
    env: 'HOLDFAST_LINGER_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 600000',
    says: 'How long a stream stays wanted after its last client has left.',
  })
  @Max(600_000)
  @Min(0)
  @IsInt()
  lingerMs: number = 5_000;

  @Setting({
    env: 'HOLDFAST_LAST_EVENTS',
    read: integer,
    expected: 'a whole number from 0 to 1000',
    says: 'How many of the newest events of a stream of trades a client may ask for when it subscribes; it gets as many as are kept (HOLDFAST_HISTORY_STREAM_BYTES).',
  })
  @Max(1_000)
  @Min(0)
  @IsInt()
  lastEvents: number = 100;

  @Setting({
    env: 'HOLDFAST_HISTORY_STREAM_BYTES',
    read: integer,
    expected: 'a number of bytes from 0 to 1073741824 (0: nothing is kept)',
    says: 'How much an edge keeps of the newest messages of each wanted stream: for clients that come back and say their last place, for slow ones, for those that ask for the last trades, and for edges that have missed something. 1,000 trades take about 300 kB.',
  })
  @Max(1_073_741_824)
  @Min(0)
  @IsInt()
  historyStreamBytes: number = 2_097_152;

  @Setting({
    env: 'HOLDFAST_HISTORY_BYTES',
    read: integer,
    expected: 'a number of bytes from 0 to 1099511627776',
    says: 'How much of that an edge keeps of all streams together; where it is more, those of which most is kept give of it.',
  })
  @Max(1_099_511_627_776)
  @Min(0)
  @IsInt()
  historyBytes: number = 134_217_728;

  @Setting({
    env: 'HOLDFAST_HISTORY_MS',
    read: integer,
    expected: 'a number of milliseconds from 1000 to 86400000',
    says: 'How long an edge keeps it.',
  })
  @Max(86_400_000)
  @Min(1_000)
  @IsInt()
  historyMs: number = 120_000;

  @Setting({
    env: 'HOLDFAST_SUBSCRIBE_WAIT_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 8000 (0: nobody waits)',
    says: "How long a client of Binance's wire waits, at most, to be let in or answered until Binance has acknowledged streams that nobody had: a snapshot that it fetches then has no hole before the first diff.",
  })
  @Max(8_000)
  @Min(0)
  @IsInt()
  subscribeWaitMs: number = 2_000;

  @Setting({
    env: 'HOLDFAST_BOOK_OWN_SNAPSHOT_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 600000',
    says: 'How long after it subscribed to diffs a client of Binance’s wire may hold a snapshot of its own that is newer than our last diff: where diffs are missing before that, it is not bridged, sees the hole and fetches a snapshot again. 0: everybody is bridged.',
  })
  @Max(600_000)
  @Min(0)
  @IsInt()
  bookOwnSnapshotMs: number = 5_000;

  @Setting({
    env: 'HOLDFAST_DRAIN_WAIT_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 600000',
    says: 'How long an edge that was told to stop (SIGTERM) goes on serving and letting clients in, not ready, so that the balancer in front of it sends it nobody new. Only then are clients told to go.',
  })
  @Max(600_000)
  @Min(0)
  @IsInt()
  drainWaitMs: number = 0;

  @Setting({
    env: 'HOLDFAST_DRAIN_GRACE_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 600000 (0: all at once, without a word before)',
    says: 'How long an edge that stops takes to part with its clients, after HOLDFAST_DRAIN_WAIT_MS: each is told to connect elsewhere and closed half of this later (5 s at most), the first at once and the last at the end. Over sooner when all have gone. Whatever ends the process for good must wait longer than both together.',
  })
  @Max(600_000)
  @Min(0)
  @IsInt()
  drainGraceMs: number = 5_000;

  @Setting({
    env: 'HOLDFAST_EDGE_FLUSH_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 1000 (0: the end of each turn of the loop)',
    says: 'How long an edge gathers messages before it sends them, so that what comes within this time goes to each client in one write: it costs that much delay and saves CPU where it is longer than the clients take (about 4.5 us each).',
  })
  @Max(1_000)
  @Min(0)
  @IsInt()
  flushMs: number = 0;
}
