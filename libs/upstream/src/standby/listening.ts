import type { Messages } from '#libs/bus';
import type { Cancel, Clock, Millis, StreamName } from '#libs/core';
import type { Series } from '../streams/series.js';
import { HeardStream } from './heard-stream.js';

/** What is withheld of a stream is compared with what was heard whenever so many messages of it have come, or a second after one has. */
const TRIM_AT = 64;
const TICKS_PER_ROUND = 10;

/** A stream that is new is not known at once, unless it was wanted as soon as anything was. */
const BEGINS_WITHIN_MS: Millis = 3_000;
const NEW_FOR_MS: Millis = 5_000;

export interface ListeningParts {
  messages: Pick<Messages, 'subscribe' | 'onState' | 'state'>;
  clock: Pick<Clock, 'now'>;
  /** Every stream that is wanted, by its name. */
  wanted: ReadonlyMap<StreamName, Series>;
  /**
   * Since when our lines have carried it without a break and all that they bring is withheld; undefined while none does. -Infinity
   * where no line is to carry it, as of one that is refused.
   */
  carriedSince(series: Series): Millis | undefined;
  /** How far one line may be behind another one. */
  lagMs: Millis;
  /** Others have said so much of it: what is withheld of that is not needed. */
  trim(series: Series, heard: HeardStream): void;
}

/** One stream that is listened to. */
interface Ear {
  series: Series;
  heard: HeardStream;
  since: Millis;
  isRefused: boolean;
  /** Whether nothing is missed of it while the bus is up. */
  stands: boolean;
  /** Messages since it was trimmed. */
  untrimmed: number;
  end(): void;
}

/**
 * Hears what another upstream publishes on the streams that are wanted, while this one stands by: where each of them stands, and all
 * of its messages, for whoever will have missed some. It does not look again at what it has heard while its connection was gone.
 */
export class Listening {
  private readonly ears = new Map<StreamName, Ear>();
  /** Whose turn it is to be trimmed. */
  private turn: Iterator<Ear> | undefined;
  private forgetBus: Cancel | undefined;
  /** When the first stream was wanted. */
  private firstAt: Millis | undefined;

  constructor(private readonly parts: ListeningParts) {}

  /** Hears every stream that is wanted. */
  begin(): void {
    this.forgetBus ??= this.parts.messages.onState((state) => {
      for (const ear of this.ears.values()) {
        // Once it is up all stands that was not refused on the connection that it has now.
        if (state === 'up') ear.stands ||= !ear.isRefused;
        else this.broke(ear);
      }
    });
    this.sync();
  }

  /** Hears nothing more. Returns how far everything was: from now on nobody here knows. */
  end(): Map<StreamName, HeardStream> {
    this.forgetBus?.();
    this.forgetBus = undefined;
    this.firstAt = undefined;
    const all = new Map([...this.ears].map(([name, { heard }]) => [name, heard]));
    for (const name of all.keys()) this.drop(name);
    return all;
  }

  /** To be called when other streams are wanted; each turn of ticks does so, too. */
  sync(): void {
    if (!this.forgetBus) return;
    const { wanted } = this.parts;
    for (const [name, { series }] of this.ears) if (wanted.get(name) !== series) this.drop(name);
    for (const [name, series] of wanted) if (!this.ears.has(name)) this.ears.set(name, this.listen(series));
  }

  /** To be called ten times in a second: a part of all streams has its turn each time, so that no second has a long one. */
  tick(): void {
    for (let left = Math.max(1, Math.ceil(this.ears.size / TICKS_PER_ROUND)); left > 0; left -= 1) {
      const ear = this.inTurn();
      if (ear && ear.untrimmed > 0) this.trim(ear);
    }
  }

  /** What was heard of a stream; undefined where it is not listened to. */
  of(name: StreamName): HeardStream | undefined {
    return this.ears.get(name)?.heard;
  }

  /** Of how many streams it is not sure what comes behind what others have said. */
  get unsure(): number {
    let count = 0;
    for (const ear of this.ears.values()) if (!this.isSure(ear)) count += 1;
    return count;
  }

  /** Of how many of them it could be sure by now: others have just come. */
  get overdue(): number {
    const now = this.parts.clock.now();
    const isNew = ({ since }: Ear): boolean =>
      since - (this.firstAt ?? since) > BEGINS_WITHIN_MS && now - since < NEW_FOR_MS;
    let count = 0;
    for (const ear of this.ears.values()) if (!isNew(ear) && !this.isSure(ear)) count += 1;
    return count;
  }

  /** Those of them about which an answer would make it sure, or tell at least where they are: what comes behind that is heard. */
  askable(): HeardStream[] {
    const { messages, clock, lagMs } = this.parts;
    if (messages.state === 'down') return [];
    const now = clock.now();
    const isCarried = ({ series }: Ear): boolean => now - (this.parts.carriedSince(series) ?? now) >= lagMs;
    const isAskable = (ear: Ear): boolean =>
      ear.stands && (ear.heard.place === undefined || isCarried(ear)) && !this.isSure(ear);
    return [...this.ears.values()].filter(isAskable).map(({ heard }) => heard);
  }

  private isSure({ series, heard }: Ear): boolean {
    return heard.isSure(this.parts.carriedSince(series), this.parts.lagMs);
  }

  private listen(series: Series): Ear {
    const heard = new HeardStream(series.name);
    const since = this.parts.clock.now();
    this.firstAt ??= since;
    const ear: Ear = { series, heard, since, isRefused: false, stands: false, untrimmed: 0, end: () => undefined };
    const subscription = this.parts.messages.subscribe(series.topic, (text) => this.hear(ear, text));
    ear.end = () => subscription.end();
    void subscription.ready.then(() => {
      ear.stands = true;
    });
    // A channel that is forbidden, or whose part of the bus is away, is deaf although the bus is up.
    subscription.onRefused((why) => {
      ear.stands = why === undefined;
      ear.isRefused = why !== undefined;
      if (why !== undefined) heard.broke();
    });
    return ear;
  }

  private broke(ear: Ear): void {
    ear.isRefused = false;
    ear.heard.broke();
  }

  private hear(ear: Ear, text: string): void {
    const { messages, clock } = this.parts;
    const { heard, series } = ear;
    if (!heard.hear(text)) return;
    series.history?.take(text);
    // While the bus, or its part, is down a connection may break again, and nobody would tell.
    if (messages.state === 'up' && ear.stands) heard.confirm(clock.now());
    ear.untrimmed += 1;
    if (ear.untrimmed >= TRIM_AT) this.trim(ear);
  }

  private trim(ear: Ear): void {
    ear.untrimmed = 0;
    this.parts.trim(ear.series, ear.heard);
  }

  private inTurn(): Ear | undefined {
    const next = this.turn?.next();
    if (next && !next.done) return next.value;
    this.sync();
    this.turn = this.ears.values();
    return this.turn.next().value;
  }

  private drop(name: StreamName): void {
    this.ears.get(name)?.end();
    this.ears.delete(name);
  }
}
