import { describe, expect, it } from 'vitest';
import { clusterNames, isSpread, slotOf, tagIn } from './cluster-names.js';
import { readSlotMap } from './slot-map.js';

const ASKED = { host: 'asked', port: 7000 };
const INFO = 'cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_current_epoch:7\r\n';
const node = (host: string | null, port: number, id: string): unknown[] => [host, port, id, []];

describe('the slots of a cluster', () => {
  it('are known with their masters, and all nodes with them', () => {
    const slots = [
      [0, 99, node('a', 1, 'one'), node('b', 2, 'replica')],
      [100, 16_383, node('c', 3, 'two')],
      [200, 200, node('a', 1, 'one')],
    ];
    const map = readSlotMap(slots, INFO, ASKED)!;
    expect([map.epoch, map.isWell]).toEqual([7, true]);
    const owners = [0, 99, 100, 200, 201, 16_383].map((slot) => map.bySlot[slot]?.id);
    expect(owners.join()).toBe('one,one,two,one,two,two');
    expect([map.masters.map(({ id }) => id), map.nodes.map(({ id }) => id)]).toEqual([
      ['one', 'two'],
      ['one', 'replica', 'two'],
    ]);
    // Told apart by who they are.
    expect(map.bySlot[0]).toBe(map.bySlot[200]);
  });

  it.each([[null], [''], ['?']])('of a node that says %j for its host are at the host that was asked', (host) => {
    const map = readSlotMap([[0, 1, node(host, 7001, 'one')]], INFO, ASKED);
    expect(map?.bySlot[0]).toEqual({ host: 'asked', port: 7001, id: 'one' });
  });

  it('that nobody has are nobody’s, and a cluster that is not well says so', () => {
    const map = readSlotMap([[0, 1, node('a', 1, 'one')]], INFO.replace('state:ok', 'state:fail'), ASKED);
    expect([map?.isWell, map?.bySlot[2]]).toEqual([false, undefined]);
  });

  it.each([
    ['no answer', undefined, INFO],
    ['no epoch', [], 'cluster_state:ok'],
    ['a range without a node', [[0, 1]], INFO],
    ['a node without an id', [[0, 1, ['a', 1]]], INFO],
    ['no range', ['a'], INFO],
  ])('are not known from %s', (_what, slots, info) => {
    expect(readSlotMap(slots, info, ASKED)).toBeUndefined();
  });
});

describe('names in a cluster', () => {
  it.each(['', 'staging:'])('are those of one slot but for topics with a hash tag, behind the prefix %j', (prefix) => {
    const { channel, topic, key, homeSlot } = clusterNames(prefix);
    const stream = 'holdfast:spot:{btcusdt@trade}';
    const others = ['holdfast:spot:demand', 'holdfast:reply:me'];
    const keys = ['holdfast:spot:marks', 'holdfast:spot:{lead}', 'holdfast:spot:{weight:api}'];
    expect(channel(stream)).toBe(prefix + stream);
    expect([...others.map(channel), ...keys.map(key)].map(slotOf)).toEqual(Array(5).fill(homeSlot));
    expect([stream, ...others].map((name) => topic(channel(name)))).toEqual([stream, ...others]);
    expect(channel('holdfast:spot:demand')).toBe(`{${prefix || 'holdfast'}}${prefix}holdfast:spot:demand`);
  });

  it('have the slots that Redis gives them', () => {
    expect(['123456789', '{user1000}.following', 'foo{bar}{zap}'].map(slotOf)).toEqual([12_739, 3_443, slotOf('bar')]);
    expect([isSpread('a{b}'), isSpread('a{}'), isSpread('a')]).toEqual([true, false, false]);
  });

  it('find a tag in any of some slots', () => {
    const slots = new Set([slotOf('{17}')]);
    expect(slots.has(slotOf(`echo:${tagIn(slots)}me`))).toBe(true);
  });
});
