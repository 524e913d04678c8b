import type { Market, ProblemCode } from '#libs/binance';
import type { Cause } from '#libs/link';
import type { RotationReason } from '../rotation/plan.js';
import type { HoleLoss } from '../streams/mending.js';

/**
 * What labels can say, so that counters stand at 0 before the first of a kind: `increase()` does not see the first one of a
 * counter that begins with it. Each is a record, so that none is forgotten.
 */
const CLOSED_BY: Record<Cause | 'own-stall', readonly string[]> = {
  stopped: ['us'],
  replaced: ['us'],
  silence: ['us'],
  'not-needed': ['us'],
  protocol: ['us'],
  dns: ['transport'],
  tcp: ['transport'],
  tls: ['transport'],
  handshake: ['transport'],
  timeout: ['transport'],
  reset: ['transport'],
  dropped: ['transport'],
  refused: ['binance'],
  closed: ['binance'],
  'going-away': ['binance'],
  policy: ['binance'],
  'bad-data': ['binance'],
  'own-stall': ['binance', 'transport'],
};

export const ENDINGS = Object.entries(CLOSED_BY).flatMap(([cause, by]) =>
  by.map((closed_by) => ({ closed_by, cause })),
);

const CODES: Record<ProblemCode, true> = {
  binary: true,
  'too-large': true,
  'too-deep': true,
  'bad-utf8': true,
  'not-json': true,
  'wrong-shape': true,
  'duplicate-key': true,
  'poisoned-key': true,
  'unsafe-number': true,
  'ambiguous-stream': true,
};

export const badFramesOf = ({ types }: Market): { code: string; stream_type: string }[] =>
  Object.keys(CODES).flatMap((code) =>
    ['unknown', ...types.map(({ type }) => type)].map((stream_type) => ({ code, stream_type })),
  );

const REASONS: Record<RotationReason, true> = {
  age: true,
  'server-shutdown': true,
  tainted: true,
  operator: true,
  'data-silence': true,
  'stream-silence': true,
};

export const ROTATIONS = Object.keys(REASONS).flatMap((reason) =>
  ['done', 'failed', 'promoted'].map((result) => ({ reason, result })),
);

export const GIVEN_UP: Record<HoleLoss['reason'], 0> = { 'no-source': 0, unavailable: 0, late: 0, full: 0 };

/** Who closes a hole: a connection after all, nobody, or one of those that are asked. */
export const CLOSERS = ['line', 'nobody', 'spare', 'standby', 'history', 'book'];
