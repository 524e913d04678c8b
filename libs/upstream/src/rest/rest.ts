import type { Market } from '#libs/binance';
import type { Budget } from '#libs/bus';
import { type Clock, type Millis, type Result, notOk, ok, stamp } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import { proxyFor } from '../dial/proxy.js';
import { type Host, type HostTimings, Hosts } from './hosts.js';
import { Http } from './http.js';
import { pause } from './pause.js';
import type { RestFailure, RestRequest } from './request.js';
import { type EndTurn, Turns } from './turns.js';
import { type Verdict, judge } from './verdict.js';
import { Weight } from './weight.js';

/** What a client of the REST API is made of. */
export interface RestParts {
  market: Pick<Market, 'urls' | 'limits' | 'channels'>;
  settings: Readonly<UpstreamSettings>;
  budget: Budget;
  clock: Clock;
  timings?: HostTimings;
}

/** What became of requests. */
export type RestResult = Verdict['is'] | 'unreachable';

const TIMINGS_OF_HOSTS: HostTimings = { failedMs: 500, failedMostMs: 60_000, answerMs: 15_000 };

/** Requests under way at once, and connections to a host. More would be answered no sooner, and cost the streams their CPU. */
const MOST_AT_ONCE = 16;

/** The largest answers, books of 5,000 levels and 1,000 rows, have less than one. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What was refused by nobody who can know is asked again after this, at the earliest. */
const STRANGE_MS: Millis = 250;

/** A host whose weight the market does not name is counted as its first one is; without any, as Binance's own. */
const USUAL_LIMIT = { most: 6_000, windowMs: 60_000 };

/** A request that may leave, its weight being taken. */
interface Admitted {
  host: Host;
  release: EndTurn;
}

/** Asks Binance's REST API, within the weight that our address may spend, at whichever of its hosts answers. */
export class Rest {
  /** How many requests ended how. */
  readonly results: Record<RestResult, number>;
  /** How often a request has waited for weight. */
  readonly waits = { count: 0 };
  readonly hosts: Hosts;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly underWay = new Set<AbortController>();
  private readonly places = new Turns(MOST_AT_ONCE);
  /** Requests of one share ask for weight one after the other, so that those that wait do not all ask again at once. */
  private readonly lanes = new Map<number, Turns>();
  private isStopped = false;

  constructor(private readonly parts: RestParts) {
    const { settings, timings = TIMINGS_OF_HOSTS } = parts;
    this.results = { answered: 0, refused: 0, strange: 0, limited: 0, forbidden: 0, failed: 0, unreachable: 0 };
    this.hosts = new Hosts(hostsOf(parts, timings), timings);
    this.headers = {
      accept: 'application/json',
      'user-agent': 'Holdfast',
      ...(settings.timeUnit === 'MICROSECOND' && { 'x-mbx-time-unit': settings.timeUnit }),
    };
  }

  /** How many requests wait for their turn or for weight. */
  get waiting(): number {
    return this.underWay.size - this.places.running;
  }

  /**
   * The answer, or why there is none; never rejects. Waits for weight as long as that may be had within a window. A host that
   * fails is followed by the next one.
   */
  async get(request: RestRequest, signal: AbortSignal): Promise<Result<unknown, RestFailure>> {
    const ending = new AbortController();
    const giveUp = (): void => ending.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted || this.isStopped) giveUp();
    this.underWay.add(ending);
    try {
      return await this.askAround(request, ending.signal);
    } finally {
      this.underWay.delete(ending);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Gives up what is under way and closes every connection. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const ending of this.underWay) ending.abort();
    await Promise.all(this.hosts.all.map(({ http }) => http.stop()));
  }

  /** What operators see of each host. */
  describe(now: Millis): Record<string, unknown>[] {
    return this.hosts.all.map(({ name, weight, until, why }) => ({
      host: name,
      weightUsed: weight.used,
      weightLimit: weight.limit.most,
      heldForMs: Math.ceil(weight.heldMs),
      passedOverForMs: Math.max(0, Math.ceil(until - now)),
      why: why ?? null,
      underWay: this.places.running,
      waiting: this.waiting,
    }));
  }

  /** Asks one host after the other until one answers. */
  private async askAround(request: RestRequest, signal: AbortSignal): Promise<Result<unknown, RestFailure>> {
    const tried = new Set<Host>();
    let strange: Result<unknown, RestFailure> | undefined;
    for (;;) {
      const admitted = await this.admit(request, tried, signal);
      if (!admitted.ok) return strange ?? admitted;
      const { host, release } = admitted.value;
      tried.add(host);
      const result = await this.ask(host, request, signal).finally(release);
      if (signal.aborted) return GIVEN_UP;
      if (result?.ok === false && result.problem.isStrange) strange = result;
      else if (result) return result;
    }
  }

  /** Waits until the request may leave, and says for which host. */
  private async admit(
    request: RestRequest,
    tried: ReadonlySet<Host>,
    signal: AbortSignal,
  ): Promise<Result<Admitted, RestFailure>> {
    const { weight, share = 1 } = request;
    const nextInLane = await this.laneOf(share).take(signal);
    try {
      for (;;) {
        const release = await this.places.take(signal);
        if (!release) return GIVEN_UP;
        const picked = this.pick(request, tried);
        const waitMs = picked.ok ? await picked.value.weight.take(weight, share) : 0;
        if (waitMs === 0 && picked.ok && !signal.aborted) return ok({ host: picked.value, release });
        release();
        if (!picked.ok) return picked;
        await this.wait(picked.value, waitMs, signal);
      }
    } finally {
      nextInLane?.();
    }
  }

  private pick({ path, weight, share = 1 }: RestRequest, tried: ReadonlySet<Host>): Result<Host, RestFailure> {
    const picked = this.hosts.pick(path, tried, this.parts.clock.now());
    const most = picked.ok ? picked.value.weight.most(share) : Infinity;
    if (weight <= most) return picked;
    return notOk({ why: `weighs ${weight}, of at most ${most}`, retryInMs: 0, isFinal: true });
  }

  /** Waits for weight. Where that may not be had within a window, the host is passed over instead. */
  private async wait(host: Host, waitMs: Millis, signal: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    this.waits.count += 1;
    if (waitMs <= host.weight.windowMs) return pause(clock, waitMs, signal);
    this.hosts.passOver(host, host.why ?? 'Binance has ordered to wait', clock.now() + waitMs);
  }

  /** One request to one host: its answer, or why there is none; undefined where another host may have one. */
  private async ask(
    host: Host,
    request: RestRequest,
    signal: AbortSignal,
  ): Promise<Result<unknown, RestFailure> | undefined> {
    const { clock } = this.parts;
    const sentAt = clock.now();
    this.hosts.begins(host, sentAt);
    const answer = await host.http.get(request, this.headers, signal);
    if (signal.aborted) return undefined;
    if (!answer.ok) {
      this.results.unreachable += 1;
      this.hosts.failed(host, { why: answer.problem, forMs: 0, sentAt }, clock.now());
      return undefined;
    }
    host.weight.learn(answer.value);
    const verdict = judge(answer.value, stamp(clock));
    this.results[verdict.is] += 1;
    return this.obey(host, verdict, sentAt);
  }

  private obey(host: Host, verdict: Verdict, sentAt: Millis): Result<unknown, RestFailure> | undefined {
    const now = this.parts.clock.now();
    switch (verdict.is) {
      case 'answered':
        this.hosts.answered(host);
        return ok(verdict.value);
      case 'refused':
        this.hosts.answered(host);
        return notOk({ why: verdict.why, retryInMs: 0, isFinal: true });
      case 'strange':
        this.hosts.answered(host);
        return notOk({ why: verdict.why, retryInMs: STRANGE_MS, isFinal: false, isStrange: true });
      case 'limited':
        this.hosts.answered(host);
        // It is the address that is told to wait, and so it is, whichever host it would ask.
        for (const { weight } of this.hosts.all) weight.hold(verdict.forMs);
        return notOk({ why: verdict.why, retryInMs: verdict.forMs, isFinal: false });
      case 'forbidden':
        host.weight.hold(verdict.forMs);
        this.hosts.failed(host, { ...verdict, sentAt }, now);
        return undefined;
      case 'failed':
        this.hosts.failed(host, { ...verdict, sentAt }, now);
        return undefined;
    }
  }

  private laneOf(share: number): Turns {
    const lane = this.lanes.get(share) ?? new Turns(1);
    this.lanes.set(share, lane);
    return lane;
  }
}

const GIVEN_UP = notOk<RestFailure>({ why: 'given up', retryInMs: 0, isFinal: false });

function hostsOf({ market, settings, budget, clock }: RestParts, { answerMs }: HostTimings): Host[] {
  const { urls, limits, channels } = market;
  const usual = Object.values(limits.weight)[0] ?? USUAL_LIMIT;
  const rest = settings.restUrl === undefined ? urls.rest : [{ url: settings.restUrl, lacks: [] }];
  return rest.map(({ url, lacks }) => {
    const { host: name, origin, href } = new URL(url);
    const options = {
      proxy: proxyFor(settings, new URL(href)),
      connectTimeoutMs: settings.connectTimeoutMs,
      answerMs,
      connections: MOST_AT_ONCE,
      mostBytes: MOST_BYTES,
    };
    return {
      name,
      lacks,
      http: new Http(origin, clock, options),
      weight: new Weight(budget, channels.weight(name), limits.weight[name] ?? usual, clock),
      failures: 0,
      failedAt: -Infinity,
      until: -Infinity,
      why: undefined,
    };
  });
}
