import { type Millis, type StreamName, assertNever } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { Line, LineTools } from '../line/line.js';
import { Taint } from '../problems/taint.js';
import type { Series } from '../streams/series.js';
import type { FeedView } from '../streams/transcript.js';
import { Cargo } from './cargo.js';
import { Coverage } from './coverage.js';
import { ownerOf } from './line-events.js';
import { type RotationReason, dueNow } from './plan.js';
import { SlotLines } from './slot-lines.js';
import {
  type LineId,
  type Rotation,
  type SlotEffect,
  type SlotEvent,
  type SlotId,
  emptySlot,
  stepSlot,
} from './step.js';
import { CAUSES, DISCLAIMED, GOODBYES, logReport } from './texts.js';

/** What slots are made with. */
export interface SlotTools extends LineTools {
  log: Log;
  cargo(): Cargo;
  /** Numbers of lines rise over all lines of the process; the next one is `upcoming` until it is taken. */
  generations: { upcoming: LineId };
  /** A rotation ended; for the counters. */
  rotated(reason: RotationReason, result: 'done' | 'failed' | 'promoted'): void;
}

/** What a slot knows of the others. */
export interface Neighbourhood {
  find(slot: SlotId): Slot | undefined;
  /** The slot whose streams a successor of this one's line may carry, too. */
  partnerOf(slot: Slot): Slot | undefined;
  /** The guest's streams are the host's from now on, and the guest is no more. */
  absorb(host: Slot, guest: Slot): void;
  /** The slot is not needed any more. */
  letGo(slot: Slot): void;
  /** The slot's own line has dropped: another line that brings its streams meanwhile, if there is one. */
  standIn(slot: Slot): LineId | undefined;
}

/** Which slot this is, and what its lines have in common. */
export interface SlotIdentity {
  id: SlotId;
  /** Its streams share a route; see `Market.route`. */
  route: string;
}

/**
 * A set of streams and the line that carries them: normally one, two while it is replaced. Carries out what `stepSlot`
 * decides and has no opinion of its own.
 */
export class Slot {
  readonly cargo: Cargo;
  private now: Rotation = emptySlot;
  private readonly lines: SlotLines;
  private readonly taint = new Taint();
  private coverage: Coverage;
  /** What was said when the line was lost, until it is back: new streams are no better off. */
  private lost: FeedView | undefined;

  constructor(
    readonly identity: SlotIdentity,
    private readonly tools: SlotTools,
    private readonly neighbours: Neighbourhood,
  ) {
    this.cargo = tools.cargo();
    this.lines = new SlotLines(tools);
    this.coverage = new Coverage(tools.timings);
  }

  /** What is going on. */
  get rotation(): Rotation {
    return this.now;
  }

  /** The line that carries the streams now. */
  get line(): Line | undefined {
    return this.lines.get(this.now.active?.id);
  }

  /** All lines there are: the active one, and its successor while there is one. */
  get allLines(): Line[] {
    return this.lines.all;
  }

  /** Streams that the connection which carries this slot's has, or will have soon. */
  get load(): number {
    const { host, successor } = this.now;
    const other = this.neighbours.find(host?.slot ?? successor?.guest ?? -1);
    return this.cargo.size + (other?.cargo.size ?? 0);
  }

  get isCalm(): boolean {
    return this.now.state === 'steady' && this.now.active?.isUp === true;
  }

  /** A stream more; whatever line is up brings it as soon as it is subscribed to. */
  add(series: Series): void {
    this.cargo.add(series);
    const { active, successor, host } = this.now;
    const hostLine = this.neighbours.find(host?.slot ?? -1)?.rotation.successor;
    const now = this.tools.clock.now();
    for (const line of [active, successor, hostLine]) if (line?.isUp) series.sources.open(line.id, now);
    if (this.lost && series.sources.size === 0) this.cargo.tell([series.name.name], this.lost);
  }

  /** The set of streams has changed. */
  sync(): void {
    const { host } = this.now;
    if (this.now.state === 'empty') {
      this.handle({ type: 'needed', line: this.tools.generations.upcoming });
      return;
    }
    for (const line of this.lines.all) line.want(this.wantedOf(line.generation));
    if (host) this.neighbours.find(host.slot)?.sync();
  }

  /** Wishes for a replacement; it begins with the next tick, when nothing else is under way. */
  rotate(reason: RotationReason): void {
    this.handle({ type: 'wished', reason });
  }

  /** Judges what is going on; called often. */
  tick(now: Millis): void {
    const { successor } = this.now;
    if (successor && this.isCovered(now)) {
      this.handle({ type: 'covered', line: successor.id });
      return;
    }
    const isDue = this.isCalm && dueNow(this.now.plan, now) !== undefined;
    const partner = isDue ? this.neighbours.partnerOf(this)?.identity.id : undefined;
    this.handle({ type: 'ticked', now, line: this.tools.generations.upcoming, partner });
  }

  /** Resolves when its sockets are gone. */
  async stop(because: 'stopped' | 'unneeded'): Promise<void> {
    const lines = this.allLines;
    this.handle({ type: 'stopped', because });
    await Promise.all(lines.map((line) => line.stop(CAUSES[because], GOODBYES[because])));
  }

  /** @param message says to clients why, where what happened is announced to them. */
  handle(event: SlotEvent, message: (effects: readonly SlotEffect[]) => string = () => ''): readonly SlotEffect[] {
    const [next, effects] = stepSlot(this.now, event, this.identity.id, this.tools.timings);
    this.now = next;
    for (const effect of effects) this.carryOut(effect, () => message(effects));
    return effects;
  }

  private carryOut(effect: SlotEffect, message: () => string): void {
    const { cargo, neighbours, tools } = this;
    switch (effect.do) {
      case 'dial':
        return this.dial(effect.line, effect.reason);
      case 'carry':
        this.lost = undefined;
        return cargosOf(this, neighbours, effect.guest).forEach((some) => some.carry(effect.line));
      case 'drop':
        return cargosOf(this, neighbours, effect.guest).forEach((some) => some.drop(effect.line));
      case 'announce':
        this.lost = withMessage(effect.loss, message());
        return cargo.announce(this.lost);
      case 'disclaim':
        return cargo.disclaim(DISCLAIMED);
      case 'retire':
        return this.lines.retire(effect.line, effect.because);
      case 'absorb': {
        const guest = neighbours.find(effect.guest);
        return guest && neighbours.absorb(this, guest);
      }
      case 'tell':
        return void neighbours.find(effect.slot)?.handle(effect.event);
      case 'narrow':
        neighbours.find(effect.guest)?.cargo.drop(effect.line);
        return this.lines.get(effect.line)?.want(this.wantedOf(effect.line));
      case 'report':
        if (effect.result !== 'begun') tools.rotated(effect.reason, effect.result);
        return logReport(tools.log, effect);
      default:
        return assertNever(effect);
    }
  }

  private dial(id: LineId, reason: RotationReason | undefined): void {
    const { generations, timings } = this.tools;
    generations.upcoming = Math.max(generations.upcoming, id + 1);
    const purpose = reason ? 'replacement' : 'demand';
    const identity = {
      generation: id,
      why: reason ?? 'demand',
      purpose,
      route: this.identity.route,
      taint: this.taint,
    } as const;
    this.coverage = new Coverage(timings);
    this.lines.open(
      identity,
      this.wantedOf(id),
      ownerOf(this, this.tools, {
        letGo: () => this.neighbours.letGo(this),
        standIn: (line) => (line === this.now.active?.id ? this.neighbours.standIn(this) : undefined),
      }),
    );
  }

  /** What a line must carry: this slot's streams, and the guest's on the successor. */
  private wantedOf(id: LineId): ReadonlySet<StreamName> {
    const { successor } = this.now;
    const guest = id === successor?.id ? this.neighbours.find(successor.guest ?? -1) : undefined;
    return new Set([...this.cargo.names(), ...(guest?.cargo.names() ?? [])]);
  }

  /** Whether the successor delivers all that the old lines do: the slot's own, and the guest's. */
  private isCovered(now: Millis): boolean {
    const { active, successor } = this.now;
    const connection = successor && this.lines.get(successor.id)?.connection;
    if (!active || !connection) return false;
    const confirmedAt = connection.isSynced ? connection.confirmedAt : undefined;
    const overlap = { old: active.id, successor: successor.id, confirmedAt };
    const guest = this.neighbours.find(successor.guest ?? -1);
    const isOwn = this.coverage.isReady({ ...overlap, streams: this.cargo.all() }, now);
    if (!guest) return isOwn;
    const old = guest.rotation.active?.id ?? -1;
    return this.coverage.isReady({ ...overlap, streams: guest.cargo.all(), old }, now) && isOwn;
  }
}

const withMessage = (view: FeedView, message: string): FeedView => ({ ...view, ...(message !== '' && { message }) });

/** The streams of a slot, and those of the guest, if there is one. */
function cargosOf({ cargo }: Slot, neighbours: Neighbourhood, guest: SlotId | undefined): Cargo[] {
  const other = guest === undefined ? undefined : neighbours.find(guest);
  return other ? [cargo, other.cargo] : [cargo];
}
