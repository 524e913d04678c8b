import { describe, expect, it } from 'vitest';
import { Processes, type Presence, readPresence } from '../index.js';

const presence = (id: string, role = 'edge'): Presence => ({
  id,
  role,
  health: 'well',
  sinceAt: 1,
  reasons: [],
  version: '1.0.0',
  host: 'node-1',
  startedAt: 1,
  lead: null,
  says: 'no drop',
  streams: 4,
  live: 4,
  clients: 2,
});

describe('the processes on the bus', () => {
  it('are this one, and those that were heard, with what became of them', () => {
    const processes = new Processes();
    for (const id of ['a', 'b', 'c']) processes.note(presence(id), 1_000, 1_000);
    processes.note(presence('b'), 9_000, 9_000);
    processes.gone('c');
    const rows = processes.read(presence('a'), 10_000, 10_000);
    expect(rows.map(({ id, hearing }) => `${id} ${hearing}`)).toEqual(['a here', 'b heard', 'c gone']);
    expect(processes.read(presence('a'), 20_000, 20_000).map(({ hearing }) => hearing)).toEqual([
      'here',
      'silent',
      'gone',
    ]);
    processes.forget(5_000_000);
    expect(processes.read(presence('a'), 5_000_000, 1)).toHaveLength(1);
  });

  it('are so many at most, whoever says that he is one', () => {
    const processes = new Processes();
    for (let nth = 0; nth < 1_000; nth += 1) processes.note(presence(`${nth}`), 1, 1);
    expect(processes.read(presence('me'), 1, 1)).toHaveLength(201);
  });
});

describe('what a process says of itself', () => {
  it('comes back as it was said', () => {
    const said = { ...presence('x', 'upstream'), lead: 'leading', reasons: [{ what: 'Redis', why: 'away' }] };
    expect(readPresence(JSON.stringify(said))).toEqual(said);
    expect(readPresence('{"gone":"x"}')).toEqual({ gone: 'x' });
  });

  it('is bounded, and nothing where it is none', () => {
    const long = readPresence(JSON.stringify({ ...presence('x'), says: 'y'.repeat(100_000) }));
    expect(long && 'says' in long ? long.says.length : 0).toBe(1_000);
    for (const text of ['', '{', 'null', '[]', '7', '{"id":7}', '{"id":"x","health":"fine","sinceAt":1,"startedAt":1}'])
      expect(readPresence(text)).toBeUndefined();
  });
});
