import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlRequest, encodeRequest } from '#libs/binance';
import { Requests } from './requests.js';

const MOST_STREAMS = 1_024;
const LIMITS = { streams: MOST_STREAMS, requestBytes: 4_000 };

const requestsFor = (wanted: ReadonlySet<string>, inUrl: Iterable<string> = [], refused = new Map<string, string>()) =>
  new Requests(wanted, inUrl, refused, LIMITS);

const names = (count: number, prefix = 'coin'): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}usdt@trade`);

/** What Binance would hold after answering the request. */
function obey(listed: Set<string>, request: ControlRequest): unknown {
  if (request.method === 'SUBSCRIBE') for (const stream of request.params) listed.add(stream);
  if (request.method === 'UNSUBSCRIBE') for (const stream of request.params) listed.delete(stream);
  return request.method === 'LIST_SUBSCRIPTIONS' ? [...listed] : null;
}

/** Each request until nothing more is asked. */
function* asksOf(asking: Requests): Generator<ControlRequest> {
  let asked = 0;
  for (let request = asking.next(); request; request = asking.next()) {
    if ((asked += 1) > 100) throw new Error('no end');
    yield request;
  }
}

/** Answers everything until nothing more is asked; returns the requests. */
function converse(asking: Requests, listed: Set<string>): ControlRequest[] {
  const requests: ControlRequest[] = [];
  for (const request of asksOf(asking)) {
    requests.push(request);
    asking.acknowledged(request.id, obey(listed, request), 0);
  }
  return requests;
}

describe('requests', () => {
  it('ask for nothing but a list when the URL named everything', () => {
    const wanted = new Set(names(10));
    const requests = requestsFor(wanted, wanted);
    expect(converse(requests, new Set(wanted)).map(({ method }) => method)).toEqual(['LIST_SUBSCRIPTIONS']);
  });

  it('stay below 4,000 bytes a request, other scripts counted in bytes', () => {
    const wanted = new Set(names(MOST_STREAMS, '币安人生'));
    const requests = requestsFor(wanted);
    const sent = converse(requests, new Set());
    for (const request of sent) expect(Buffer.byteLength(encodeRequest(request))).toBeLessThanOrEqual(4_000);
    expect(sent.length).toBeLessThan(20);
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
        const requests = requestsFor(wanted);
        for (const { add, drop } of changes) {
          for (const stream of add) wanted.add(stream);
          for (const stream of drop) wanted.delete(stream);
          const request = requests.next();
          if (!request) continue;
          if (request.method === 'SUBSCRIBE') expect(request.params.every((stream) => wanted.has(stream))).toBe(true);
          requests.acknowledged(request.id, obey(listed, request), 0);
        }
        converse(requests, listed);
        expect([...listed].sort()).toEqual([...wanted].sort());
      }),
    );
  });

  it('never hold more than a connection may, when one full set is exchanged for another', () => {
    const wanted = new Set(names(MOST_STREAMS, 'a'));
    const listed = new Set(wanted);
    const requests = requestsFor(wanted, wanted);
    converse(requests, listed);
    wanted.clear();
    for (const stream of names(MOST_STREAMS, 'b')) wanted.add(stream);
    for (const request of asksOf(requests)) {
      requests.acknowledged(request.id, obey(listed, request), 0);
      expect(listed.size).toBeLessThanOrEqual(MOST_STREAMS);
    }
    expect(listed).toEqual(wanted);
  });

  it('mend what Binance has lost, and report it', () => {
    const wanted = new Set(names(3));
    const listed = new Set(names(2));
    const requests = requestsFor(wanted, wanted);
    const list = requests.next();
    expect(requests.acknowledged(list?.id, [...listed], 0)).toEqual({ is: 'mismatch' });
    converse(requests, listed);
    expect(listed).toEqual(wanted);
  });

  it('try an unanswered request again and give the connection up after the third in a row', () => {
    const requests = requestsFor(new Set(names(3)));
    const settlements = [1, 2, 3].map(() => {
      const request = requests.next();
      expect(request?.method).toBe('SUBSCRIBE');
      return requests.unanswered();
    });
    expect(settlements).toEqual([{ is: 'unanswered' }, { is: 'unanswered' }, { is: 'hopeless' }]);
  });

  it('count a refused list once, and refused names not at all, among what was not answered', () => {
    const wanted = new Set(names(8));
    const requests = requestsFor(wanted);
    for (let refusals = 0; refusals < 3; refusals += 1) requests.wasRefused(requests.next()?.id, 'no');
    requests.next();
    expect(requests.unanswered()).toEqual({ is: 'unanswered' });
    const carrying = requestsFor(wanted, wanted);
    const settlements = [1, 2, 3].map(() => carrying.wasRefused(carrying.next()?.id, 'no').is);
    expect(settlements).toEqual(['unanswered', 'unanswered', 'hopeless']);
  });

  it('find the one name that Binance refuses, and the others are subscribed to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(299), (count, at) => {
        const wanted = new Set(names(count));
        const bad = names(count)[at % count] ?? '';
        const listed = new Set<string>();
        const requests = requestsFor(wanted);
        const refused: unknown[] = [];
        let asked = 0;
        for (const request of asksOf(requests)) {
          asked += 1;
          const isBad = 'params' in request && (request.params as string[]).includes(bad);
          if (isBad) refused.push(requests.wasRefused(request.id, '2 Invalid request'));
          else requests.acknowledged(request.id, obey(listed, request), 0);
        }
        expect([...listed].sort()).toEqual([...wanted].filter((name) => name !== bad).sort());
        expect(refused.at(-1)).toEqual({ is: 'refused', streams: [bad], why: '2 Invalid request' });
        expect(asked).toBeLessThan(40);
      }),
    );
  });

  it('give the connection up when Binance refuses whatever it is asked for', () => {
    const requests = requestsFor(new Set(names(100)));
    const settlements: string[] = [];
    for (const request of asksOf(requests)) {
      settlements.push(requests.wasRefused(request.id, 'no').is);
      if (settlements.includes('hopeless')) break;
    }
    expect(settlements).toHaveLength(20);
  });

  it('ask a few times for a name that is acknowledged and never listed, then call it refused and go on', () => {
    const wanted = new Set(names(3));
    const lost = names(3)[1] ?? '';
    const requests = requestsFor(wanted);
    const settlements: unknown[] = [];
    let asked = 0;
    for (const request of asksOf(requests)) {
      asked += 1;
      const result = request.method === 'LIST_SUBSCRIPTIONS' ? [...wanted].filter((name) => name !== lost) : null;
      settlements.push(requests.acknowledged(request.id, result, 0));
    }
    expect(asked).toBeLessThan(12);
    expect(settlements).toContainEqual({ is: 'refused', streams: [lost], why: 'acknowledged, and not on its list' });
    requests.requestAudit();
    const again = requests.next();
    expect(again).toMatchObject({ method: 'SUBSCRIBE', params: [lost] });
  });

  it('know since when each stream is carried: since it was acknowledged or listed, and no longer than it is wanted', () => {
    const [first = '', second = ''] = names(2);
    const wanted = new Set([first]);
    const requests = requestsFor(wanted, [first]);
    expect(requests.carriedSince.get(first)).toBeUndefined();
    requests.acknowledged(requests.next()?.id, [first], 5);
    wanted.add(second);
    requests.acknowledged(requests.next()?.id, null, 7);
    expect([requests.carriedSince.get(first), requests.carriedSince.get(second)]).toEqual([5, 7]);
    wanted.delete(first);
    for (const request of asksOf(requests)) {
      if (request.method === 'UNSUBSCRIBE') break;
      requests.acknowledged(request.id, [first, second], 8);
    }
    requests.acknowledged(3, null, 9);
    expect(requests.carriedSince.has(second)).toBe(true);
  });

  it('take a name that Binance lists as it stood in the URL for the same stream', () => {
    const wanted = new Set(['币安人生usdt@trade', 'btcusdt@kline_1d@+08:00']);
    const requests = requestsFor(wanted, wanted);
    expect(requests.acknowledged(requests.next()?.id, [...wanted].map(encodeURIComponent), 0)).toEqual({
      is: 'confirmed',
      isWhole: true,
    });
  });

  it('match answers by id: a late or foreign one changes nothing', () => {
    const requests = requestsFor(new Set(names(3)));
    const request = requests.next();
    expect(requests.acknowledged(999, null, 0)).toEqual({ is: 'stray' });
    expect(requests.wasRefused(999, '')).toEqual({ is: 'stray' });
    expect(requests.isWaiting).toBe(true);
    expect(requests.acknowledged(request?.id, null, 0)).toEqual({ is: 'done' });
    expect(requests.acknowledged(request?.id, null, 0)).toEqual({ is: 'stray' });
  });

  it('take a refusal without an id for one of the request that is under way, and one that nobody waits for, for nothing', () => {
    for (const id of [undefined, null]) {
      const requests = requestsFor(new Set(names(1)));
      expect(requests.wasRefused(id, 'no')).toEqual({ is: 'stray' });
      requests.next();
      expect(requests.wasRefused(id, 'no')).toEqual({ is: 'refused', streams: names(1), why: 'no' });
      expect(requests.wasRefused(id, 'no')).toEqual({ is: 'stray' });
    }
    expect(requestsFor(new Set(names(1))).unanswered()).toEqual({ is: 'stray' });
  });

  it('ask for no name, rather than for none or too many, where the connection is full', () => {
    const wanted = new Set(names(MOST_STREAMS));
    const listed = new Set(wanted);
    const requests = requestsFor(wanted, wanted);
    const more = names(3, 'late');
    for (const stream of more) wanted.add(stream);
    expect(converse(requests, listed).map(({ method }) => method)).toEqual(['LIST_SUBSCRIPTIONS']);
    for (const stream of names(2)) wanted.delete(stream);
    const sent = converse(requests, listed).map((request) => ('params' in request ? request.params : request.method));
    expect(sent).toEqual([names(2), more.slice(0, 2), 'LIST_SUBSCRIPTIONS']);
  });

  it('let go what is not wanted first only where there is no room for what is', () => {
    const wanted = new Set(names(MOST_STREAMS - 1));
    const listed = new Set(wanted);
    const requests = requestsFor(wanted, listed);
    converse(requests, listed);
    wanted.delete('coin0usdt@trade');
    wanted.add('newusdt@trade');
    expect(converse(requests, listed).map(({ method }) => method)).toEqual([
      'SUBSCRIBE',
      'UNSUBSCRIBE',
      'LIST_SUBSCRIPTIONS',
    ]);
  });

  it('know the first instant at which a stream was carried, and a new one after it was lost', () => {
    const [stream = ''] = names(1);
    const requests = requestsFor(new Set([stream]));
    requests.acknowledged(requests.next()?.id, null, 5);
    requests.acknowledged(requests.next()?.id, [stream], 7);
    expect(requests.carriedSince.get(stream)).toBe(5);
    requests.forget(stream);
    expect(requests.carriedSince.has(stream)).toBe(false);
    requests.acknowledged(requests.next()?.id, null, 9);
    expect(requests.carriedSince.get(stream)).toBe(9);
  });

  it('give a name that was never listed its three chances anew with the next audit', () => {
    const [stream = ''] = names(1);
    const requests = requestsFor(new Set([stream]));
    const untilRefused = (): number => {
      let lists = 0;
      for (const { id, method } of asksOf(requests)) {
        if (method === 'LIST_SUBSCRIPTIONS') lists += 1;
        requests.acknowledged(id, method === 'LIST_SUBSCRIPTIONS' ? [] : null, 0);
      }
      return lists;
    };
    expect(untilRefused()).toBe(3);
    requests.requestAudit();
    expect(untilRefused()).toBe(3);
  });

  it('do not ask for ever for the list that Binance does not mend, until the next audit', () => {
    const wanted = new Set(names(1));
    const requests = requestsFor(wanted, wanted);
    const sent = (): string[] => {
      const methods: string[] = [];
      for (const { id, method } of asksOf(requests)) {
        methods.push(method);
        // A stream that nobody has asked for is on the list, whatever is done about it.
        requests.acknowledged(id, method === 'LIST_SUBSCRIPTIONS' ? [...wanted, 'oldusdt@trade'] : null, 0);
      }
      return methods;
    };
    const round = ['LIST_SUBSCRIPTIONS', 'UNSUBSCRIBE'];
    expect(sent()).toEqual([...round, ...round, ...round]);
    requests.requestAudit();
    expect(sent()).toEqual([...round, ...round, ...round]);
  });

  it('say nothing of names of which one is refused, before it is found which', () => {
    const requests = requestsFor(new Set(names(2)));
    expect(requests.wasRefused(requests.next()?.id, 'no')).toEqual({ is: 'done' });
    expect(requests.next()).toMatchObject({ params: names(1) });
  });
});
