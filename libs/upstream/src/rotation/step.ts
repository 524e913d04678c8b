import type { Millis } from '#libs/core';
import type { Loss } from './loss.js';
import {
  type Plan,
  type RotationReason,
  type RotationRetry,
  dueNow,
  failed,
  noPlan,
  nothingWanted,
  wishFor,
} from './plan.js';
import { MEANS, type SlotState } from './table.js';

/** A line, by its generation. */
export type LineId = number;
export type SlotId = number;

/** A line that is to take over. */
export interface Successor {
  readonly id: LineId;
  readonly isUp: boolean;
  readonly reason: RotationReason;
  readonly startedAt: Millis;
  /** When it will be too old, once it is up. */
  readonly dueAt: Millis;
  /** The other slot whose streams it is to carry, too. */
  readonly guest?: SlotId;
}

/** A set of streams and what carries it, as a value: all that decisions about it need. */
export interface Rotation {
  readonly state: SlotState;
  /** The line that carries the streams; there in every state but `empty` and `closed`. */
  readonly active?: { readonly id: LineId; readonly isUp: boolean };
  /** While `overlapping`. */
  readonly successor?: Successor;
  /** While `moving`: the slot whose successor carries the streams, too, and that line. */
  readonly host?: { readonly slot: SlotId; readonly line: LineId };
  readonly plan: Plan;
}

export type SlotEvent =
  | { type: 'needed'; line: LineId }
  | { type: 'wished'; reason: RotationReason }
  /** `line` is a number for a successor, should one begin; `partner` a slot that it could carry, too. */
  | { type: 'ticked'; now: Millis; line: LineId; partner?: SlotId | undefined }
  | { type: 'joined'; host: SlotId; line: LineId }
  | { type: 'released' }
  | { type: 'absorbed' }
  | { type: 'opened'; line: LineId; dueAt: Millis }
  | { type: 'held'; line: LineId; forMs: Millis }
  | { type: 'covered'; line: LineId }
  /** `loss` says what its streams are if the line will try again; absent when it will not. */
  | { type: 'ended'; line: LineId; now: Millis; loss?: Loss | undefined }
  | { type: 'distrusted'; line: LineId; reason: RotationReason; now: Millis }
  | { type: 'stopped'; because: 'stopped' | 'unneeded' };

/** Why a line is let go. */
export type Goodbye = 'took-over' | 'failed' | 'no-longer' | 'unneeded' | 'stopped';

/** What must be done now, in this order. */
export type SlotEffect =
  /** Open a line with these streams: the slot's, and those of the guest of its successor. */
  | { do: 'dial'; line: LineId; reason?: RotationReason }
  /** The line brings this slot's streams, and those of the guest, from now on; or no longer. */
  | { do: 'carry'; line: LineId; guest?: SlotId | undefined }
  | { do: 'drop'; line: LineId; guest?: SlotId | undefined }
  /** Say how the streams are that no line delivers now. */
  | { do: 'announce'; loss: Loss }
  /** Say of the streams that are still called live that they are not. */
  | { do: 'disclaim' }
  /** The line is needed no more. */
  | { do: 'retire'; line: LineId; because: Goodbye }
  /** The guest's streams are this slot's from now on; its own line is retired. */
  | { do: 'absorb'; guest: SlotId }
  /** Tell another slot. */
  | { do: 'tell'; slot: SlotId; event: SlotEvent }
  /** The line carries only this slot's streams from now on, and no longer the guest's. */
  | { do: 'narrow'; line: LineId; guest: SlotId }
  | {
      do: 'report';
      result: 'begun' | 'done' | 'failed' | 'promoted';
      line: LineId;
      reason: RotationReason;
      why?: Failure;
    };

/** Why a successor was given up. */
export type Failure = 'ended' | 'distrusted' | 'too-late' | 'no-line-to-replace';

export interface StepTimings extends RotationRetry {
  /** A successor that has not taken over by then is given up. */
  rotationMs: Millis;
}

type Step = [Rotation, SlotEffect[]];

export const emptySlot: Rotation = { state: 'empty', plan: noPlan };

/** Rotations that can take their time. The others are in a hurry, or come from trouble that no second slot should share. */
const PLANNED: ReadonlySet<RotationReason> = new Set(['age', 'operator']);

/**
 * What an event makes of a slot, and what is to be done about it. Pure; what means nothing in this state, or comes from a
 * line that is not the slot's, changes nothing and does nothing.
 *
 * @param self how other slots know this one.
 */
export function stepSlot(slot: Rotation, event: SlotEvent, self: SlotId, timings: StepTimings): Step {
  if (!MEANS[slot.state].has(event.type)) return [slot, []];
  switch (event.type) {
    case 'needed':
      return [
        { ...slot, state: 'steady', active: { id: event.line, isUp: false } },
        [{ do: 'dial', line: event.line }],
      ];
    case 'wished':
      return [{ ...slot, plan: wishFor(slot.plan, event.reason) }, []];
    case 'ticked':
      return slot.successor ? tooLate(slot, slot.successor, event.now, timings) : begin(slot, event, self);
    case 'joined':
      return [{ ...slot, state: 'moving', host: { slot: event.host, line: event.line } }, []];
    case 'released':
      return slot.state === 'moving' ? released(slot) : narrowed(slot);
    case 'absorbed':
      return [{ state: 'closed', plan: noPlan }, retireAll(slot, 'took-over')];
    case 'opened':
      return opened(slot, event);
    case 'held':
      return held(slot, event);
    case 'covered':
      return covered(slot, event);
    case 'ended':
      return ended(slot, event, timings);
    case 'distrusted':
      return distrusted(slot, event, timings);
    case 'stopped':
      return stopped(slot, event.because);
  }
}

type Of<T extends SlotEvent['type']> = Extract<SlotEvent, { type: T }>;

function begin(slot: Rotation, { now, line, partner }: Of<'ticked'>, self: SlotId): Step {
  const reason = slot.active?.isUp ? dueNow(slot.plan, now) : undefined;
  if (!reason) return [slot, []];
  // After a failure it must not be the guest that makes the next successor fail, too.
  const guest = PLANNED.has(reason) && slot.plan.failures === 0 ? partner : undefined;
  const successor: Successor = {
    id: line,
    isUp: false,
    reason,
    startedAt: now,
    dueAt: Infinity,
    ...(guest !== undefined && { guest }),
  };
  const effects: SlotEffect[] = [{ do: 'report', result: 'begun', line, reason }];
  if (guest !== undefined) effects.push({ do: 'tell', slot: guest, event: { type: 'joined', host: self, line } });
  effects.push({ do: 'dial', line, reason });
  return [{ ...slot, state: 'overlapping', successor, plan: nothingWanted(slot.plan) }, effects];
}

function tooLate(slot: Rotation, successor: Successor, now: Millis, timings: StepTimings): Step {
  if (now - successor.startedAt < timings.rotationMs) return [slot, []];
  return giveUp(slot, successor, now, 'too-late', timings);
}

/** The successor will not take over; the working line stays, and another is tried later. */
function giveUp(slot: Rotation, successor: Successor, now: Millis, why: Failure, timings: StepTimings): Step {
  const { id, reason } = successor;
  const plan = failed(slot.plan, reason, now, timings);
  return [
    { ...without(slot), plan },
    [
      ...dropped(successor),
      { do: 'report', result: 'failed', line: id, reason, why },
      { do: 'retire', line: id, because: 'failed' },
    ],
  ];
}

/** The slot with its own line alone. */
function without({ active, plan }: Rotation): Rotation {
  return { state: 'steady', plan, ...(active && { active }) };
}

/** The successor brings nobody's streams any more. */
function dropped({ id, guest }: Successor): SlotEffect[] {
  const effects: SlotEffect[] = [{ do: 'drop', line: id, guest }];
  if (guest !== undefined) effects.push({ do: 'tell', slot: guest, event: { type: 'released' } });
  return effects;
}

/** The host's successor does not carry this slot's streams after all. */
function released(slot: Rotation): Step {
  return [without(slot), slot.active?.isUp ? [] : [{ do: 'disclaim' }]];
}

/** The guest has gone: the successor goes on for this slot alone. */
function narrowed(slot: Rotation): Step {
  if (slot.successor?.guest === undefined) return [slot, []];
  const { guest, ...successor } = slot.successor;
  return [{ ...slot, successor }, [{ do: 'narrow', line: successor.id, guest }]];
}

function opened(slot: Rotation, { line, dueAt }: Of<'opened'>): Step {
  const { active, successor } = slot;
  if (line === active?.id) {
    return [{ ...slot, active: { id: line, isUp: true }, plan: { ...slot.plan, dueAt } }, [{ do: 'carry', line }]];
  }
  if (line !== successor?.id) return [slot, []];
  return [{ ...slot, successor: { ...successor, isUp: true, dueAt } }, [{ do: 'carry', line, guest: successor.guest }]];
}

const HELD: Loss = { state: 'stale', cause: 'reconnecting' };

/** A successor that may not dial yet has not begun yet; streams of a line that may not are worse off than they were told. */
function held(slot: Rotation, { line, forMs }: Of<'held'>): Step {
  const { successor } = slot;
  if (line === successor?.id) {
    return [{ ...slot, successor: { ...successor, startedAt: successor.startedAt + forMs } }, []];
  }
  if (line !== slot.active?.id) return [slot, []];
  return [slot, [{ do: 'announce', loss: HELD }]];
}

function covered(slot: Rotation, { line }: Of<'covered'>): Step {
  const { successor, active, plan } = slot;
  if (!successor || !active || line !== successor.id) return [slot, []];
  const { guest, reason, dueAt } = successor;
  const effects: SlotEffect[] = [];
  if (guest !== undefined) effects.push({ do: 'absorb', guest });
  effects.push(
    { do: 'report', result: 'done', line, reason },
    { do: 'drop', line: active.id },
    { do: 'retire', line: active.id, because: 'took-over' },
  );
  return [{ state: 'steady', active: { id: line, isUp: true }, plan: { ...plan, dueAt, failures: 0 } }, effects];
}

function ended(slot: Rotation, { line, now, loss }: Of<'ended'>, timings: StepTimings): Step {
  const { successor, active } = slot;
  if (line === successor?.id) return giveUp(slot, successor, now, 'ended', timings);
  if (line !== active?.id || !loss) return [slot, []];
  const plan = nothingWanted(slot.plan);
  const lost: Rotation = { ...slot, active: { id: line, isUp: false }, plan };
  if (!successor) {
    return [
      lost,
      [
        { do: 'drop', line },
        { do: 'announce', loss },
      ],
    ];
  }
  return successor.isUp ? promote(lost, successor, loss) : abandon(lost, successor, loss);
}

/** The line has dropped, and its successor is up: it takes over at once, for whatever it lacks the dropped line lacks, too. */
function promote(slot: Rotation, { id, guest, reason, dueAt }: Successor, loss: Loss): Step {
  const old = slot.active?.id ?? 0;
  const effects: SlotEffect[] = [{ do: 'drop', line: old }];
  if (guest !== undefined) {
    effects.push({ do: 'narrow', line: id, guest }, { do: 'tell', slot: guest, event: { type: 'released' } });
  }
  effects.push(
    { do: 'announce', loss },
    { do: 'report', result: 'promoted', line: id, reason },
    { do: 'retire', line: old, because: 'took-over' },
  );
  return [{ state: 'steady', active: { id, isUp: true }, plan: { ...slot.plan, dueAt, failures: 0 } }, effects];
}

/** The line has dropped and reconnects by itself; a successor that is not up is not needed. */
function abandon(slot: Rotation, successor: Successor, loss: Loss): Step {
  const { id, reason } = successor;
  return [
    without(slot),
    [
      { do: 'drop', line: slot.active?.id ?? 0 },
      { do: 'announce', loss },
      ...dropped(successor),
      { do: 'report', result: 'failed', line: id, reason, why: 'no-line-to-replace' },
      { do: 'retire', line: id, because: 'no-longer' },
    ],
  ];
}

function distrusted(slot: Rotation, { line, reason, now }: Of<'distrusted'>, timings: StepTimings): Step {
  const { successor, active } = slot;
  if (line === successor?.id) return giveUp(slot, successor, now, 'distrusted', timings);
  if (line !== active?.id || successor) return [slot, []];
  return [{ ...slot, plan: wishFor(slot.plan, reason) }, []];
}

function stopped(slot: Rotation, because: Goodbye): Step {
  const { successor, host } = slot;
  const effects: SlotEffect[] = [];
  if (host) effects.push({ do: 'tell', slot: host.slot, event: { type: 'released' } });
  if (successor?.guest !== undefined) {
    effects.push(
      { do: 'drop', line: successor.id, guest: successor.guest },
      { do: 'tell', slot: successor.guest, event: { type: 'released' } },
    );
  }
  return [{ state: 'closed', plan: noPlan }, [...effects, ...retireAll(slot, because)]];
}

function retireAll({ active, successor }: Rotation, because: Goodbye): SlotEffect[] {
  return [active?.id, successor?.id]
    .filter((line) => line !== undefined)
    .flatMap((line): SlotEffect[] => [
      { do: 'drop', line },
      { do: 'retire', line, because },
    ]);
}
