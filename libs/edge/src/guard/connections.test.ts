import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { type Comer, Connections } from './connections.js';

const [ONE, OTHER] = ['1.1.1.1', '2.2.2.2'];

describe('connections that are no client’s', () => {
  let clock: FakeClock;
  let connections: Connections;
  beforeEach(() => {
    clock = new FakeClock();
    connections = new Connections(clock, 10);
  });
  const come = (address: string | undefined, times: number): Comer[] =>
    Array.from({ length: times }, () => connections.came(address)).filter((comer) => comer !== undefined);
  /** Comes, asks and is answered, so many times; gives those that were not told why not. */
  const ask = (address: string | undefined, times: number): Comer[] =>
    come(address, times).filter((comer) => {
      if (connections.asks(comer, address)) return false;
      connections.answered(comer);
      return true;
    });
  const go = (comer: Comer): void => {
    connections.closed();
    connections.over(comer);
  };

  it('have room for so many, half of them of one address, and as many of a proxy as there are', () => {
    expect(come(ONE, 6)).toHaveLength(5);
    connections.closed();
    expect(come(undefined, 9)).toHaveLength(5);
    for (let times = 0; times < 4; times += 1) connections.closed();
    expect(come(OTHER, 1)).toEqual([]);
  });

  it('have room again for who goes, at once', () => {
    const [first] = come(ONE, 5);
    if (first) go(first);
    expect(come(ONE, 2)).toHaveLength(1);
  });

  it('take no place from those that have said nothing yet once they have asked something', () => {
    expect(ask(ONE, 5)).toHaveLength(5);
    expect(ask(OTHER, 5)).toHaveLength(5);
    expect([connections.handshakes, connections.kept]).toEqual([0, 10]);
    expect(come(ONE, 5)).toHaveLength(5);
    expect(come(OTHER, 5)).toHaveLength(5);
  });

  it('may be so many that ask, half of one address, and then are told why not', () => {
    ask(ONE, 5);
    const [late] = come(ONE, 1);
    expect(late && connections.asks(late, ONE)).toBe('of-address');
    ask(OTHER, 5);
    const [last] = come('3.3.3.3', 1);
    expect(last && connections.asks(last, '3.3.3.3')).toBe('of-all');
    expect(connections.kept).toBe(10);
  });

  it('are told nothing when they ask again, however many have come meanwhile, and free nobody else’s place', () => {
    const [first] = ask(ONE, 5);
    expect(come(ONE, 6)).toHaveLength(5);
    for (let times = 0; times < 20; times += 1) {
      expect(first && connections.asks(first, ONE)).toBeUndefined();
      if (first) connections.answered(first);
    }
    expect(come(ONE, 1)).toEqual([]);
    expect(connections.kept).toBe(5);
  });

  it('are whose the first request says, and of a proxy bounded by all alone', () => {
    expect(ask(undefined, 10)).toHaveLength(10);
    const [last] = come(undefined, 1);
    expect(last && connections.asks(last, undefined)).toBe('of-all');
    const more = new Connections(clock, 10);
    const proxied = Array.from({ length: 6 }, () => more.came(undefined));
    const told = proxied.map((comer) => comer && more.asks(comer, ONE));
    expect(told).toEqual([undefined, undefined, undefined, undefined, undefined, 'of-address']);
  });

  it('are no more once they are clients, whichever of an address that was', () => {
    const [first, second] = come(ONE, 5);
    connections.upgraded(first, ONE);
    connections.upgraded(undefined, ONE);
    expect([connections.handshakes, come(ONE, 3).length]).toEqual([3, 2]);
    // It was another one that had been taken for it: it counts as gone, once.
    if (second) go(second);
    const [kept] = ask(OTHER, 1);
    connections.upgraded(kept, OTHER);
    ask(OTHER, 1);
    connections.upgraded(undefined, OTHER);
    expect(connections.kept).toBe(0);
  });

  it('are clients that came by a proxy, rather than one of their address that is kept', () => {
    expect([ask(ONE, 5).length, come(undefined, 1).length]).toEqual([5, 1]);
    connections.upgraded(undefined, ONE);
    expect([connections.handshakes, connections.kept]).toEqual([0, 5]);
    expect(ask(ONE, 1)).toEqual([]);
  });

  it('make room when one of an address goes, whichever that was', () => {
    come(ONE, 5);
    connections.lost(ONE);
    connections.closed();
    expect(come(ONE, 2)).toHaveLength(1);
  });

  it('wait in their place for the answer to an upgrade, however long that takes', () => {
    const [first, ...others] = come(ONE, 5);
    if (first) connections.waits(first);
    others.forEach(go);
    clock.advance(60_000);
    expect(come(ONE, 5)).toHaveLength(4);
    const [kept] = ask(OTHER, 1);
    if (kept) connections.waits(kept);
    clock.advance(60_000);
    ask(OTHER, 1);
    expect(connections.kept).toBe(2);
  });

  it('are forgotten when they can only be gone, should nobody have told', () => {
    come(ONE, 5);
    ask(OTHER, 5);
    clock.advance(14_999);
    expect([come(ONE, 1).length, ask(OTHER, 1).length]).toEqual([0, 0]);
    clock.advance(1);
    expect([come(ONE, 1).length, ask(OTHER, 1).length]).toEqual([1, 1]);
  });
});
