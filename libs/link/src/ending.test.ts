import { describe, expect, it } from 'vitest';
import { type Ending, endingByUs, endingOfClose, endingOfFailure, endingOfRefusal } from './ending.js';
import type { FailureClass } from './socket.js';

describe('a close frame', () => {
  it.each<[code: number, cause: string]>([
    [1000, 'closed'],
    [1001, 'going-away'],
    [1002, 'bad-data'],
    [1003, 'bad-data'],
    [1005, 'closed'],
    [1007, 'bad-data'],
    [1008, 'policy'],
    [1009, 'bad-data'],
    [1011, 'closed'],
    [1012, 'going-away'],
    [1013, 'going-away'],
    [4001, 'closed'],
  ])('of code %i is the peer’s doing, of class %s', (code, cause) => {
    expect(endingOfClose({ code, reason: 'why' })).toEqual({ closedBy: 'peer', cause, code, reason: 'why' });
  });

  it('that never came (1006) is the transport’s doing', () => {
    expect(endingOfClose({ code: 1006, reason: '' })).toEqual({
      closedBy: 'transport',
      cause: 'dropped',
      code: 1006,
      reason: '',
    });
  });
});

describe('a failure', () => {
  it.each<FailureClass>(['dns', 'tcp', 'tls', 'handshake', 'timeout', 'reset'])(
    'of class %s is the transport’s',
    (cause) => {
      expect(endingOfFailure({ class: cause, message: 'why' })).toEqual({
        closedBy: 'transport',
        cause,
        reason: 'why',
      });
    },
  );

  it('to read what the peer sent makes us hang up, and keeps the bytes that show whose fault it was', () => {
    const bytes = Uint8Array.from([0xe5, 0x28]);
    const expected: Ending = { closedBy: 'us', cause: 'protocol', reason: 'Invalid UTF-8', bytes };
    expect(endingOfFailure({ class: 'protocol', message: 'Invalid UTF-8', bytes })).toEqual(expected);
  });
});

it('a refusal is the peer’s, with its status and the patience it asks for, if any', () => {
  expect(endingOfRefusal({ status: 429, retryAfterMs: 30_000 })).toEqual({
    closedBy: 'peer',
    cause: 'refused',
    status: 429,
    reason: 'HTTP 429',
    retryAfterMs: 30_000,
  });
  expect(endingOfRefusal({ status: 503 })).toEqual({
    closedBy: 'peer',
    cause: 'refused',
    status: 503,
    reason: 'HTTP 503',
  });
});

it('what we end ourselves is ours', () => {
  expect(endingByUs('silence', 'no bytes')).toEqual({ closedBy: 'us', cause: 'silence', reason: 'no bytes' });
});
