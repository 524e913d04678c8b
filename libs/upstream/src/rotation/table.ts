/**
 * `empty`: no line yet. `steady`: one line. `overlapping`: a replacement has been begun beside it. `moving`: the replacement
 * of another slot, its host, is to carry this slot's streams, too. `closed`: stopped for good, or absorbed.
 */
export type SlotState = 'empty' | 'steady' | 'overlapping' | 'moving' | 'closed';

/**
 * What can happen to a slot. `needed`: there are streams to carry. `wished`: somebody wants the line replaced. `ticked`: time
 * has passed. `joined`, `released`, `absorbed`: what a host does to its guest. `opened`, `held`, `ended`, `distrusted`: what
 * happens to one of its lines. `covered`: the replacement delivers all that the old lines do. `stopped`: it is not wanted.
 */
export type SlotEventType =
  | 'needed'
  | 'wished'
  | 'ticked'
  | 'joined'
  | 'released'
  | 'absorbed'
  | 'opened'
  | 'held'
  | 'covered'
  | 'ended'
  | 'distrusted'
  | 'stopped';

/** Which events mean something in which state; what they do is decided by `step`. A missing one is ignored. */
export const MEANS: Readonly<Record<SlotState, ReadonlySet<SlotEventType>>> = {
  empty: new Set(['needed', 'stopped']),
  steady: new Set(['wished', 'ticked', 'joined', 'opened', 'held', 'ended', 'distrusted', 'stopped']),
  overlapping: new Set(['ticked', 'released', 'opened', 'held', 'covered', 'ended', 'distrusted', 'stopped']),
  moving: new Set(['wished', 'released', 'absorbed', 'opened', 'held', 'ended', 'distrusted', 'stopped']),
  closed: new Set([]),
};
