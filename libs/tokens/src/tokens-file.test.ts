import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TokenRing, makeToken } from './tokens-file.js';

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

function ringOf(text: string): TokenRing {
  const ring = TokenRing.read(text);
  if (!ring.ok) throw new Error(ring.problem);
  return ring.value;
}

describe('a tokens file', () => {
  it('names who has a token by its hash, and what he may', () => {
    const ring =
      ringOf(`# the desks\n\nalice ${hashOf('secret')} patterns=btc*@trade,*@bookTicker connections=2 streams=10
      bob  ${hashOf('other').toUpperCase()}  ops=yes\r\n`);
    expect(ring.size).toBe(2);
    expect(ring.find('secret')).toEqual({
      name: 'alice',
      patterns: ['btc*@trade', '*@bookTicker'],
      connections: 2,
      streams: 10,
      isOperator: false,
    });
    expect(ring.find('other')).toEqual({ name: 'bob', isOperator: true });
    expect([ring.find('secre'), ring.find(''), ring.find(hashOf('secret'))]).toEqual([undefined, undefined, undefined]);
  });

  it('may give one name two tokens, so that one can follow the other', () => {
    const ring = ringOf(`alice ${hashOf('old')}\nalice ${hashOf('new')}`);
    expect([ring.find('old')?.name, ring.find('new')?.name]).toEqual(['alice', 'alice']);
  });

  it('admits nobody where it is empty', () => {
    expect(ringOf('').find('')).toBeUndefined();
  });

  it.each([
    ['alice', 'line 1: expected the SHA-256 of the token behind alice'],
    [`\n#\nali/ce ${hashOf('x')}`, 'line 3: expected a name'],
    [`alice ${hashOf('x')} patterns`, 'line 1: "patterns": expected each word once'],
    [`alice ${hashOf('x')} ops=yes ops=no`, 'line 1: "ops=no": expected each word once'],
    [`alice ${hashOf('x')} ops=maybe`, 'line 1: ops: expected yes or no'],
    [`alice ${hashOf('x')} connections=many`, 'line 1: connections: expected a whole number'],
    [`alice ${hashOf('x')} color=red`, 'line 1: "color" is no word here'],
    [`alice ${hashOf('x')}\nbob ${hashOf('x')}`, 'line 2: the hash of line 1 again'],
  ])('is refused with the number of the line: %j', (text, problem) => {
    expect(TokenRing.read(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  it('does not repeat what stands where a hash should: it may be a token', () => {
    expect(JSON.stringify(TokenRing.read('alice hf_secret'))).not.toContain('hf_secret');
  });
});

it('makes a token that its own line admits, another one each time', () => {
  const [one, other] = [makeToken('alice', ['ops=yes']), makeToken('alice')];
  if (!one.ok || !other.ok) throw new Error('not made');
  const { token, line } = one.value;
  expect(ringOf(line).find(token)).toEqual({ name: 'alice', isOperator: true });
  expect(line).not.toContain(token);
  expect(token).toMatch(/^hf_[\w-]{43}$/);
  expect(other.value.token).not.toBe(token);
});

it.each([
  ['ali ce', []],
  ['#alice', []],
  ['alice', ['connections=none']],
])('makes no token that no file would take: %s %j', (name, rights) => {
  expect(makeToken(name, rights).ok).toBe(false);
});
