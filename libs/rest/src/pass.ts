import { type Millis, type Result, notOk, ok } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import { Asker } from './hosts/asker.js';
import { Firewalls } from './hosts/firewalls.js';
import { type HostParts, hostsOf } from './hosts/hosts-of.js';
import type { Host, Hosts } from './hosts/hosts.js';
import type { HttpAnswer } from './hosts/http.js';
import { type RestRequest, headersOf } from './hosts/request.js';
import { isInTheirWords } from './hosts/verdict.js';
import { type EndTurn, Turns } from './turns.js';

/** What passes questions on. */
export interface PassParts extends HostParts {
  /** The part of what Binance allows our address up to which it may be used up by this. */
  share: number;
}

/** What is passed on: nothing of who asks but the question, and in which unit times are wanted. */
export interface PassRequest extends Omit<RestRequest, 'share'> {
  timeUnit: UpstreamSettings['timeUnit'];
  /** Whether its answer has megabytes: few of these are fetched at once, for each is here as a whole. */
  isLarge?: boolean;
}

/** Why nothing was passed on. */
export interface PassFailure {
  /**
   * `over`: the share is used up, or Binance has ordered our address to wait. `busy`: too much waits already. `held`: whoever asks
   * holds it back, or the firewalls of all hosts have refused too often.
   */
  is: 'over' | 'busy' | 'held' | 'unreachable';
  why: string;
  /** It may be asked again then. */
  retryInMs: Millis;
}

/** Requests under way at once, and connections to a host. */
const MOST_AT_ONCE = 16;

/** Those of them whose answers are large. */
const MOST_LARGE = 3;

/** Requests that wait for one of these to end. */
const MOST_WAITING = 256;

/** `exchangeInfo` of all symbols is the largest answer there is, some 15 MB. */
const MOST_BYTES = 48 * 1024 * 1024;

/** Nobody holds a question back. */
const AT_ONCE = (): Millis => 0;

/** Who is told that there is nobody to ask may come again then, where no host says when. */
const SOON_MS: Millis = 1_000;

/**
 * Passes questions of others on to Binance's REST API, and gives its answers as they came, whatever their status. It never waits
 * for weight: what is left over the share is there for what was missed, and who asks is told when to come again.
 */
export class Pass {
  readonly hosts: Hosts;
  /** How many questions may be under way or wait for that. */
  readonly room = MOST_AT_ONCE + MOST_WAITING;
  private readonly firewalls = new Firewalls();
  private readonly asker: Asker;
  private readonly places = new Turns(MOST_AT_ONCE);
  private readonly large = new Turns(MOST_LARGE);

  constructor(private readonly parts: PassParts) {
    this.hosts = hostsOf(parts, { connections: MOST_AT_ONCE, mostBytes: MOST_BYTES });
    this.asker = new Asker(this.hosts, parts.clock, (...answered) => this.firewalls.judge(...answered));
  }

  /** The weight that this may use up of a host's, in which time. */
  get allowance(): { most: number; windowMs: Millis } {
    const weights = this.hosts.all.map(({ weight }) => weight);
    return {
      most: Math.max(0, ...weights.map((weight) => weight.most(this.parts.share))),
      windowMs: Math.max(0, ...weights.map(({ windowMs }) => windowMs)),
    };
  }

  /** How many requests are under way, and how many wait for that. */
  get load(): { underWay: number; waiting: number } {
    return { underWay: this.places.running, waiting: this.places.waiting + this.large.waiting };
  }

  /** What Binance has counted for our address in this minute, when it answered last. */
  get usedWeight(): number {
    return Math.max(0, ...this.hosts.all.map(({ weight }) => weight.used));
  }

  /**
   * What Binance answers, or why it is not asked or does not answer; never rejects. A host that fails is followed by the next one.
   *
   * @param heldMs looked at when it is this question's turn: for how long it is not to be asked.
   */
  async ask(request: PassRequest, signal: AbortSignal, heldMs = AT_ONCE): Promise<Result<HttpAnswer, PassFailure>> {
    if (this.load.waiting >= MOST_WAITING) return failed('busy', `${MOST_WAITING} requests wait`, SOON_MS);
    const release = await this.takePlace(request, signal);
    if (!release) return GIVEN_UP;
    const waitMs = heldMs();
    if (waitMs > 0) {
      release();
      return failed('held', 'it is held back', waitMs);
    }
    return this.askAround(request, signal).finally(release);
  }

  /** Closes every connection, and ends what is under way. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.all.map(({ http }) => http.stop()));
  }

  private async takePlace({ isLarge = false }: PassRequest, signal: AbortSignal): Promise<EndTurn | undefined> {
    if (!isLarge) return this.places.take(signal);
    const endLarge = await this.large.take(signal);
    const end = await this.places.take(signal);
    const endBoth = (): void => [endLarge, end].forEach((each) => each?.());
    if (end) return endBoth;
    endBoth();
    return undefined;
  }

  private async askAround(request: PassRequest, signal: AbortSignal): Promise<Result<HttpAnswer, PassFailure>> {
    const headers = headersOf(request.timeUnit);
    const tried = new Set<Host>();
    let complaint: HttpAnswer | undefined;
    for (;;) {
      const picked = await this.pick(request, tried);
      if (!picked.ok) return complaint ? ok(complaint) : picked;
      const host = picked.value;
      tried.add(host);
      const asked = await this.asker.ask(host, request, headers, signal);
      if (signal.aborted) return GIVEN_UP;
      if (!asked) continue;
      const { answer, verdict } = asked;
      if (verdict.is === 'answered' || verdict.is === 'refused' || verdict.is === 'limited') return ok(answer);
      if (answer.status === 403 || isInTheirWords(answer)) complaint = answer;
    }
  }

  /** The host to ask, the weight being taken. */
  private async pick({ path, weight }: PassRequest, tried: ReadonlySet<Host>): Promise<Result<Host, PassFailure>> {
    const { clock, share } = this.parts;
    const picked = this.hosts.pick(path, tried, clock.now());
    if (!picked.ok) {
      const serving = this.hosts.all.filter(({ lacks }) => !lacks.includes(path));
      const isShut = serving.length > 0 && serving.every((host) => this.firewalls.isShut(host, clock.now()));
      return failed(isShut ? 'held' : 'unreachable', picked.problem.why, picked.problem.retryInMs || SOON_MS);
    }
    const { name, weight: budget } = picked.value;
    const waitMs = await budget.take(weight, share);
    return waitMs === 0 ? picked : failed('over', `${name}: clients have used ${budget.most(share)}`, waitMs);
  }
}

const failed = (is: PassFailure['is'], why: string, retryInMs: Millis): Result<never, PassFailure> =>
  notOk({ is, why, retryInMs });

const GIVEN_UP = failed('unreachable', 'given up', SOON_MS);
