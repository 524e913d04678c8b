import { type Millis, type Result, notOk, ok } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import { Asker, type RestResult } from './hosts/asker.js';
import { type HostParts, hostsOf } from './hosts/hosts-of.js';
import type { Host, Hosts } from './hosts/hosts.js';
import { type RestFailure, type RestRequest, headersOf } from './hosts/request.js';
import { type Verdict, judge } from './hosts/verdict.js';
import { pause } from './pause.js';
import { type EndTurn, Turns } from './turns.js';

/** What a client of the REST API is made of. */
export interface RestParts extends HostParts {
  /** In which unit times are asked for. */
  timeUnit: UpstreamSettings['timeUnit'];
}

/** Requests under way at once, and connections to a host. More would be answered no sooner, and cost the streams their CPU. */
const MOST_AT_ONCE = 16;

/** The largest answers, books of 5,000 levels and 1,000 rows, have less than one. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What was refused by nobody who can know is asked again after this, at the earliest. */
const STRANGE_MS: Millis = 250;

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
  private readonly asker: Asker;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly underWay = new Set<AbortController>();
  private readonly places = new Turns(MOST_AT_ONCE);
  /** Requests of one share ask for weight one after the other, so that those that wait do not all ask again at once. */
  private readonly lanes = new Map<number, Turns>();
  private isStopped = false;

  constructor(private readonly parts: RestParts) {
    this.hosts = hostsOf(parts, { connections: MOST_AT_ONCE, mostBytes: MOST_BYTES });
    this.asker = new Asker(this.hosts, parts.clock, judge);
    this.results = this.asker.results;
    this.headers = headersOf(parts.timeUnit);
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
    const asked = await this.asker.ask(host, request, this.headers, signal);
    return asked && resultOf(asked.verdict);
  }

  private laneOf(share: number): Turns {
    const lane = this.lanes.get(share) ?? new Turns(1);
    this.lanes.set(share, lane);
    return lane;
  }
}

const GIVEN_UP = notOk<RestFailure>({ why: 'given up', retryInMs: 0, isFinal: false });

/** What a verdict means for who asked; undefined where another host may answer. */
function resultOf(verdict: Verdict): Result<unknown, RestFailure> | undefined {
  switch (verdict.is) {
    case 'answered':
      return ok(verdict.value);
    case 'refused':
      return notOk({ why: verdict.why, retryInMs: 0, isFinal: true });
    case 'strange':
      return notOk({ why: verdict.why, retryInMs: STRANGE_MS, isFinal: false, isStrange: true });
    case 'limited':
      return notOk({ why: verdict.why, retryInMs: verdict.forMs, isFinal: false });
    case 'forbidden':
    case 'failed':
      return undefined;
  }
}
