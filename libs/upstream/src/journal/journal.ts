import { type AttemptRecord, type Clock, type Millis, duration, sayEnding, stamp } from '#libs/core';
import type { Ending, Endpoints } from '#libs/link';
import type { Log } from '#libs/runtime';

/** What is done about the end of a connection. */
export type Then =
  /** `standIn` brings its streams meanwhile. */
  | { do: 'retry'; inMs: Millis; standIn?: number }
  /** Its replacement, which was up already, carries the streams from now on. */
  | { do: 'promote'; generation: number }
  /** It was to replace a line that works; another one will be tried. */
  | { do: 'replace-later' }
  | { do: 'nothing' };

/** The same for people. */
export function tellThen(then: Then): string {
  switch (then.do) {
    case 'retry':
      return `next attempt in ${duration(then.inMs)}${meanwhile(then.standIn)}`;
    case 'promote':
      return `generation ${then.generation} takes over`;
    case 'replace-later':
      return 'another replacement is tried later';
    case 'nothing':
      return 'nothing: not needed any more';
  }
}

const meanwhile = (standIn: number | undefined): string =>
  standIn === undefined ? '' : `; the spare line, generation ${standIn}, brings its streams meanwhile`;

/** So many attempts are remembered. */
const MOST_RECORDS = 300;

/** Who closed, and why: every attempt of this process, the newest last, and one log line per transition. */
export class Journal {
  private readonly records: AttemptRecord[] = [];
  /** When attempts began, and when those that came so far opened, by the clock that measures. */
  private readonly measured = new WeakMap<AttemptRecord, { begunAt: Millis; openedAt?: Millis }>();
  /** Attempts begun. */
  attempts = 0;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly count: (record: AttemptRecord) => void = () => undefined,
  ) {}

  begin(generation: number, why: string, to: string, streams: number): AttemptRecord {
    const attempt = ++this.attempts;
    const startedAt = stamp(this.clock);
    const record: AttemptRecord = { attempt, generation, why, to, streams, startedAt, frames: 0, bytes: 0 };
    this.records.push(record);
    this.measured.set(record, { begunAt: this.clock.now() });
    if (this.records.length > MOST_RECORDS) this.records.shift();
    this.log.info({ code: 'line.dialing', attempt, generation, why, to, streams }, 'connecting to Binance');
    return record;
  }

  opened(record: AttemptRecord, { from, to }: Endpoints): void {
    const openedAt = this.clock.now();
    const { begunAt = openedAt } = this.measured.get(record) ?? {};
    this.measured.set(record, { begunAt, openedAt });
    record.openedAt = stamp(this.clock);
    if (from !== undefined) record.from = from;
    if (to !== undefined) record.to = to;
    const { attempt, generation } = record;
    const tookMs = Math.round(openedAt - begunAt);
    this.log.info({ code: 'line.open', attempt, generation, from, to, tookMs }, 'connected to Binance');
  }

  firstData(record: AttemptRecord): void {
    record.firstDataAt = stamp(this.clock);
    const { attempt, generation } = record;
    this.log.info({ code: 'line.live', attempt, generation }, 'data flows');
  }

  /** A request was refused, not answered, or had no effect; it is made again. */
  requestFailed({ attempt, generation }: AttemptRecord, why: string): void {
    this.log.warn({ code: 'line.request-failed', attempt, generation, why }, 'a request to Binance failed');
  }

  ended(record: AttemptRecord, ending: Ending, then: Then): void {
    record.closedAt = stamp(this.clock);
    const { openedAt } = this.measured.get(record) ?? {};
    if (openedAt !== undefined) record.livedMs = Math.round(this.clock.now() - openedAt);
    describe(record, ending);
    record.then = tellThen(then);
    if (then.do === 'retry') record.retryAt = record.closedAt + Math.round(then.inMs);
    this.count(record);
    const { attempt, generation, closedBy, cause, code: closeCode, status, reason, livedMs, frames, stallMs } = record;
    const level = closedBy === 'us' && cause !== 'silence' && cause !== 'protocol' ? 'info' : 'warn';
    this.log[level](
      {
        code: 'line.ended',
        attempt,
        generation,
        closedBy,
        cause,
        closeCode,
        status,
        reason,
        livedMs,
        frames,
        stallMs,
        then: record.then,
      },
      sayEnding(record),
    );
    if (isFirstAndInVain(record)) this.log.warn({ code: 'upstream.out-of-reach', to: record.to }, OUT_OF_REACH);
  }

  /** The newest last. */
  read(): readonly AttemptRecord[] {
    return this.records;
  }
}

/** Said once: whoever starts without a network must not take it for a fault of the gateway. */
const isFirstAndInVain = ({ attempt, closedBy, openedAt }: AttemptRecord): boolean =>
  attempt === 1 && closedBy === 'transport' && openedAt === undefined;

const OUT_OF_REACH =
  'Binance is out of reach from here: clients can connect, and hear so until it answers; npm run demo needs no network';

function describe(record: AttemptRecord, { closedBy, cause, code, status, reason, bytes }: Ending): void {
  record.closedBy = closedBy === 'peer' ? 'binance' : closedBy;
  record.cause = record.stallMs === undefined ? cause : blameStall(record, cause);
  if (code !== undefined) record.code = code;
  if (status !== undefined) record.status = status;
  if (reason !== undefined && reason !== '') record.reason = reason;
  if (bytes) record.lastBytes = Buffer.from(bytes).toString('hex');
}

/** A pong that came too late because we stood still is our fault, whoever closed. */
const blameStall = ({ closedBy }: AttemptRecord, cause: string): string => (closedBy === 'us' ? cause : 'own-stall');
