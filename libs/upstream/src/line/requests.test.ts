import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlRequest, encodeRequest } from '#libs/binance';
import { MOST_STREAMS, Subscriptions } from './subscriptions.js';

const names = (count: number, prefix = 'coin'): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}usdt@trade`);

/** What Binance would hold after answering the request. */
function obey(listed: Set<string>, request: ControlRequest): unknown {
  if (request.method === 'SUBSCRIBE') for (const stream of request.params) listed.add(stream);
  if (request.method === 'UNSUBSCRIBE') for (const stream of request.params) listed.delete(stream);
  return request.method === 'LIST_SUBSCRIPTIONS' ? [...listed] : null;
}

/** Answers everything until nothing more is asked; returns the requests. */
function converse(subscriptions: Subscriptions, listed: Set<string>): ControlRequest[] {
  const requests: ControlRequest[] = [];
  for (let request = subscriptions.next(); request; request = subscriptions.next()) {
    requests.push(request);
    subscriptions.acknowledged(request.id, obey(listed, request));
    if (requests.length > 100) throw new Error('no end');
  }
  return requests;
}

describe('subscriptions', () => {
  it('ask for nothing but a list when the URL named everything', () => {
    const wanted = new Set(names(10));
    const subscriptions = new Subscriptions(wanted, wanted);
    expect(converse(subscriptions, new Set(wanted)).map(({ method }) => method)).toEqual(['LIST_SUBSCRIPTIONS']);
  });

  it('stay below 4,000 bytes a request, other scripts counted in bytes', () => {
    const wanted = new Set(names(MOST_STREAMS, '币安人生'));
    const subscriptions = new Subscriptions(wanted, []);
    const requests = converse(subscriptions, new Set());
    for (const request of requests) expect(Buffer.byteLength(encodeRequest(request))).toBeLessThanOrEqual(4_000);
    expect(requests.length).toBeLessThan(20);
  });

  it('end with what is wanted, whatever was wanted on the way, and never send what is no longer wanted', () => {
    const change = fc.record({
      add: fc.array(fc.constantFrom(...names(30))),
      drop: fc.array(fc.constantFrom(...names(30))),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const wanted = new Set<string>();
        const listed = new Set<string>();
        const subscriptions = new Subscriptions(wanted, []);
        for (const { add, drop } of changes) {
          for (const stream of add) wanted.add(stream);
          for (const stream of drop) wanted.delete(stream);
          const request = subscriptions.next();
          if (!request) continue;
          if (request.method === 'SUBSCRIBE') expect(request.params.every((stream) => wanted.has(stream))).toBe(true);
          subscriptions.acknowledged(request.id, obey(listed, request));
        }
        converse(subscriptions, listed);
        expect([...listed].sort()).toEqual([...wanted].sort());
      }),
    );
  });

  it('never hold more than a connection may, when one full set is exchanged for another', () => {
    const wanted = new Set(names(MOST_STREAMS, 'a'));
    const listed = new Set(wanted);
    const subscriptions = new Subscriptions(wanted, wanted);
    converse(subscriptions, listed);
    wanted.clear();
    for (const stream of names(MOST_STREAMS, 'b')) wanted.add(stream);
    for (let request = subscriptions.next(); request; request = subscriptions.next()) {
      subscriptions.acknowledged(request.id, obey(listed, request));
      expect(listed.size).toBeLessThanOrEqual(MOST_STREAMS);
    }
    expect(listed).toEqual(wanted);
  });

  it('mend what Binance has lost, and report it', () => {
    const wanted = new Set(names(3));
    const listed = new Set(names(2));
    const subscriptions = new Subscriptions(wanted, wanted);
    const list = subscriptions.next();
    expect(subscriptions.acknowledged(list?.id, [...listed])).toBe('mismatch');
    converse(subscriptions, listed);
    expect(listed).toEqual(wanted);
  });

  it('try a failed request again and give the connection up after the third failure in a row', () => {
    const subscriptions = new Subscriptions(new Set(names(3)), []);
    const outcomes = [1, 2, 3].map(() => {
      const request = subscriptions.next();
      expect(request?.method).toBe('SUBSCRIBE');
      return subscriptions.failed(request?.id);
    });
    expect(outcomes).toEqual(['refused', 'refused', 'hopeless']);
  });

  it('take a name that Binance lists as it stood in the URL for the same stream', () => {
    const wanted = new Set(['币安人生usdt@trade', 'btcusdt@kline_1d@+08:00']);
    const subscriptions = new Subscriptions(wanted, wanted);
    expect(subscriptions.acknowledged(subscriptions.next()?.id, [...wanted].map(encodeURIComponent))).toBe('confirmed');
  });

  it('match answers by id: a late or foreign one changes nothing', () => {
    const subscriptions = new Subscriptions(new Set(names(3)), []);
    const request = subscriptions.next();
    expect(subscriptions.acknowledged(999, null)).toBe('stray');
    expect(subscriptions.failed(999)).toBe('stray');
    expect(subscriptions.isWaiting).toBe(true);
    expect(subscriptions.acknowledged(request?.id, null)).toBe('done');
    expect(subscriptions.acknowledged(request?.id, null)).toBe('stray');
  });
});
