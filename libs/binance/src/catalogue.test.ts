import { expect, it } from 'vitest';
import { Catalogue } from './catalogue.js';
import { spot } from './index.js';

const streams = new Catalogue(spot.types);

it('a stream that was found is remembered, but not more of them than may be', () => {
  const found = streams.find('a@trade');
  expect(found).toMatchObject({ name: 'a@trade', type: 'trade' });
  for (let at = 1; at < 20_000; at += 1) streams.find(`s${at}@trade`);
  expect(streams.find('a@trade')).toBe(found);
  streams.find('onetoomany@trade');
  const again = streams.find('a@trade');
  expect(again).toEqual(found);
  expect(again).not.toBe(found);
  expect(streams.find('a@trade')).toBe(again);
});

it('an event of another market has no declaration here, and that is said', () => {
  expect(streams.typeOf('trade').type).toBe('trade');
  expect(() => streams.typeOf('unheard' as 'trade')).toThrow('No declaration for the stream type unheard');
});

it('everything that its types declare is known: names, arrays, other names, event types', () => {
  expect(streams.find('a@trade')?.isArray).toBe(false);
  expect(streams.find('!miniTicker@arr')?.isArray).toBe(true);
  expect(streams.parse('a@depth@1000ms')).toMatchObject({ ok: true, value: { name: 'a@depth' } });
  expect([...streams.eventTypes]).toEqual([
    'trade',
    'aggTrade',
    'blockTrade',
    'kline',
    '24hrMiniTicker',
    '24hrTicker',
    '1hTicker',
    '4hTicker',
    '1dTicker',
    'avgPrice',
    'depthUpdate',
    'referencePrice',
    'serverShutdown',
  ]);
});
