import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LineId,
  type Rotation,
  type SlotEffect,
  type SlotEvent,
  type SlotId,
  emptySlot,
  stepSlot,
} from './step.js';

const TIMINGS = { rotationMs: 1_000, rotationRetryMs: 100, rotationRetryMostMs: 800 };
const LOSS = { state: 'recovering', cause: 'connection-lost' } as const;

/** Several slots and the lines that they have opened, and nothing that would carry anything: what is decided is what is tested. */
class World {
  readonly slots = new Map<SlotId, Rotation>();
  /** Lines that were dialled and not retired. */
  readonly alive = new Set<LineId>();
  /** Which lines bring which slot's streams. */
  readonly sources = new Map<SlotId, Set<LineId>>();
  readonly effects: SlotEffect[] = [];
  now = 0;
  private nextLine = 1;
  private lastSlot = 0;

  constructor() {
    for (let count = 0; count < 3; count += 1) this.open();
  }

  private open(): void {
    this.lastSlot += 1;
    this.slots.set(this.lastSlot, emptySlot);
    this.sources.set(this.lastSlot, new Set());
  }

  /** The slot is no more; another one begins, as when demand comes back. */
  remove(id: SlotId): void {
    this.slots.delete(id);
    this.sources.delete(id);
    this.open();
  }

  do(id: SlotId, event: SlotEvent): void {
    const slot = this.slots.get(id);
    if (!slot) return;
    const [next, effects] = stepSlot(slot, event, id, TIMINGS);
    this.slots.set(id, next);
    for (const effect of effects) this.carryOut(id, effect);
  }

  line(): LineId {
    return this.nextLine;
  }

  /** A slot that is in peace, as the pool finds one. */
  partnerOf(id: SlotId): SlotId | undefined {
    return [...this.slots.keys()].find(
      (other) => other !== id && this.slot(other).state === 'steady' && this.slot(other).active?.isUp,
    );
  }

  slot(id: SlotId): Rotation {
    return this.slots.get(id) ?? { state: 'closed', plan: { dueAt: Infinity, failures: 0 } };
  }

  private carryOut(id: SlotId, effect: SlotEffect): void {
    this.effects.push(effect);
    switch (effect.do) {
      case 'dial':
        hold(effect.line >= this.nextLine, 'a number is used twice');
        this.nextLine = effect.line + 1;
        this.alive.add(effect.line);
        return;
      case 'retire':
        hold(this.alive.delete(effect.line), 'a dead line is retired');
        return;
      case 'carry':
        hold(this.alive.has(effect.line), 'a dead line carries');
        for (const other of [id, effect.guest]) if (other !== undefined) this.sources.get(other)?.add(effect.line);
        return;
      case 'drop':
        for (const other of [id, effect.guest]) if (other !== undefined) this.sources.get(other)?.delete(effect.line);
        return;
      case 'narrow':
        hold(this.alive.has(effect.line), 'a dead line is narrowed');
        this.sources.get(effect.guest)?.delete(effect.line);
        return;
      case 'absorb':
        this.do(effect.guest, { type: 'absorbed' });
        return this.remove(effect.guest);
      case 'tell':
        return this.do(effect.slot, effect.event);
      case 'announce':
      case 'disclaim':
      case 'report':
        return;
    }
  }

  /** What must hold whenever nothing is under way. */
  check(): void {
    const owned: LineId[] = [];
    for (const [id, { state, active, successor, host }] of this.slots) {
      const hasLine = state !== 'empty' && state !== 'closed';
      hold((active !== undefined) === hasLine, `${state} and its line`);
      hold((successor !== undefined) === (state === 'overlapping'), `${state} and its successor`);
      hold((host !== undefined) === (state === 'moving'), `${state} and its host`);
      for (const line of [active?.id, successor?.id]) if (line !== undefined) owned.push(line);
      if (successor?.guest !== undefined) {
        const guestsHost = this.slot(successor.guest).host;
        hold(guestsHost?.slot === id && guestsHost.line === successor.id, 'the guest knows its host');
      }
      if (host) {
        const hosts = this.slot(host.slot).successor;
        hold(hosts?.id === host.line && hosts.guest === id, 'the host knows its guest');
      }
      const hostLine = host && this.slot(host.slot).successor;
      const up = [active, successor, hostLine].flatMap((line) => (line?.isUp ? [line.id] : []));
      hold(isSame([...(this.sources.get(id) ?? [])], up), 'exactly the lines that are up bring the streams');
    }
    hold(isSame(owned, [...this.alive]), 'every living line belongs to one slot');
  }
}

const isSame = (some: number[], other: number[]): boolean =>
  String(some.toSorted(byNumber)) === String(other.toSorted(byNumber));
const byNumber = (some: number, other: number): number => some - other;

/** Said a million times, which `expect` is too slow for. */
function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`does not hold: ${what}`);
}

type Move = [kind: string, slot: number, pick: number];

/** Lets something happen to one of the slots or lines; `pick` chooses among what there is. */
function happen(world: World, [kind, slot, pick]: Move): void {
  const id = [...world.slots.keys()][slot] ?? 0;
  const { active, successor } = world.slot(id);
  const lines = [active?.id, successor?.id, 999].filter((line) => line !== undefined);
  const line = lines[pick % lines.length] ?? 999;
  const { now } = world;
  const events: Record<string, SlotEvent> = {
    needed: { type: 'needed', line: world.line() },
    wished: { type: 'wished', reason: pick % 2 ? 'operator' : 'tainted' },
    ticked: { type: 'ticked', now, line: world.line(), partner: world.partnerOf(id) },
    opened: { type: 'opened', line, dueAt: now + 5_000 },
    held: { type: 'held', line, forMs: 500 },
    covered: { type: 'covered', line },
    lost: { type: 'ended', line, now, loss: LOSS },
    ended: { type: 'ended', line, now },
    distrusted: { type: 'distrusted', line, reason: 'server-shutdown', now },
    stopped: { type: 'stopped', because: 'unneeded' },
  };
  const event = events[kind];
  // A successor is covered only when it is up, and its line opens only once; that much the world holds.
  const isUp = line === successor?.id ? successor.isUp : line === active?.id && active.isUp;
  if (!event || (kind === 'covered' && !isUp) || (kind === 'opened' && isUp)) return;
  world.do(id, event);
  if (kind === 'stopped') world.remove(id);
}

/** How often each kind comes, so that the sequences get everywhere. */
const kinds = fc.oneof(
  ...Object.entries({ opened: 8, ticked: 4, wished: 3, needed: 2, covered: 2, lost: 1 }).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.constant(kind),
  })),
  fc.constantFrom('held', 'ended', 'distrusted', 'stopped', 'waited'),
);
const moves = fc.array(fc.tuple(kinds, fc.nat(2), fc.nat(5)), { minLength: 100, maxLength: 200, size: 'max' });

describe('a slot', () => {
  it('has exactly one line that is active and never more than one successor, and does nothing to a dead line', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(moves, (sequence) => {
        const world = new World();
        for (const move of sequence) {
          world.now += move[0] === 'waited' ? 1_000 : 10;
          happen(world, move);
          world.check();
        }
        for (const effect of world.effects) {
          seen.add(effect.do === 'report' ? `${effect.do} ${effect.result} ${effect.why ?? ''}`.trim() : effect.do);
        }
      }),
      { numRuns: 300 },
    );
    // The random sequences are worth something only if they get everywhere.
    expect([...seen].sort()).toEqual([
      'absorb',
      'announce',
      'carry',
      'dial',
      'disclaim',
      'drop',
      'narrow',
      'report begun',
      'report done',
      'report failed distrusted',
      'report failed ended',
      'report failed no-line-to-replace',
      'report failed too-late',
      'report promoted',
      'retire',
      'tell',
    ]);
  });

  const steady: Rotation = { ...emptySlot, state: 'steady', active: { id: 1, isUp: true } };
  const overlapping: Rotation = {
    ...steady,
    state: 'overlapping',
    successor: { id: 2, isUp: true, reason: 'age', startedAt: 0, dueAt: 90_000 },
  };
  const step = (slot: Rotation, event: SlotEvent) => stepSlot(slot, event, 1, TIMINGS);

  it('hands over in this order: the streams have both lines until the old one lets go', () => {
    const [next, effects] = step(overlapping, { type: 'covered', line: 2 });
    expect(next).toMatchObject({
      state: 'steady',
      active: { id: 2, isUp: true },
      plan: { dueAt: 90_000, failures: 0 },
    });
    expect(effects).toEqual([
      { do: 'report', result: 'done', line: 2, reason: 'age' },
      { do: 'drop', line: 1 },
      { do: 'retire', line: 1, because: 'took-over' },
    ]);
  });

  it('lets a successor that is up take over when the line drops, and tells only the streams that it does not deliver', () => {
    const [next, effects] = step(overlapping, { type: 'ended', line: 1, now: 5, loss: LOSS });
    expect(next).toMatchObject({ state: 'steady', active: { id: 2, isUp: true } });
    expect(effects.map((effect) => effect.do)).toEqual(['drop', 'announce', 'report', 'retire']);
    expect(effects[1]).toEqual({ do: 'announce', loss: LOSS });
  });

  it('keeps the line and tries again later when the successor fails, twice as late each time', () => {
    const waits: number[] = [];
    let slot = overlapping;
    for (const now of [1_000, 2_000, 3_000, 4_000, 5_000]) {
      const [failed] = step(slot, { type: 'ended', line: 2, now, loss: undefined });
      expect(failed).toMatchObject({ state: 'steady', active: { id: 1, isUp: true } });
      waits.push((failed.plan.wish?.notBefore ?? 0) - now);
      slot = { ...overlapping, plan: { dueAt: Infinity, failures: failed.plan.failures } };
    }
    expect(waits).toEqual([100, 200, 400, 800, 800]);
  });

  it('shares a successor only when there is time, and never after a failure', () => {
    const tick = { type: 'ticked', now: 10, line: 7, partner: 4 } as const;
    const wishing = (reason: 'operator' | 'tainted', failures = 0): Rotation => ({
      ...steady,
      plan: { dueAt: Infinity, failures, wish: { reason, notBefore: 0 } },
    });
    expect(step(wishing('operator'), tick)[0].successor).toMatchObject({ id: 7, guest: 4 });
    expect(step(wishing('tainted'), tick)[0].successor?.guest).toBeUndefined();
    expect(step(wishing('operator', 1), tick)[0].successor?.guest).toBeUndefined();
  });

  it('does not count the time in which a successor was not allowed to dial', () => {
    const [held] = step(overlapping, { type: 'held', line: 2, forMs: 60_000 });
    expect(step(held, { type: 'ticked', now: 30_000, line: 3 })[1]).toEqual([]);
    expect(step(held, { type: 'ticked', now: 61_000, line: 3 })[1].map((effect) => effect.do)).toContain('retire');
  });

  it('is not moved by what happens to a line that is not its own', () => {
    for (const event of [
      { type: 'ended', line: 9, now: 1, loss: LOSS },
      { type: 'covered', line: 9 },
      { type: 'opened', line: 9, dueAt: 1 },
      { type: 'distrusted', line: 9, reason: 'tainted', now: 1 },
      { type: 'held', line: 9, forMs: 1 },
    ] as const) {
      expect(step(overlapping, event)).toEqual([overlapping, []]);
    }
  });
});
