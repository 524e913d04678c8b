import { expect, it } from 'vitest';
import { type Ended, endingInShort, sayEnding } from './endings.js';

const open = { generation: 3, openedAt: 1 };
const never = { generation: 3 };

it.each<[Ended & { generation: number }, string]>([
  [{ ...open, closedBy: 'binance', cause: 'closed', code: 1000 }, 'Binance closed connection 3 (1000)'],
  [
    { ...open, closedBy: 'binance', cause: 'bad-data', code: 1007, reason: 'bad text' },
    'Binance closed connection 3 (1007, “bad text”)',
  ],
  [{ ...open, closedBy: 'transport', cause: 'dropped', code: 1006 }, 'The network cut connection 3 (dropped, 1006)'],
  [
    { ...open, closedBy: 'us', cause: 'silence', reason: 'no data for 5.0 s' },
    'We gave connection 3 up (silence, “no data for 5.0 s”)',
  ],
  [
    { ...open, closedBy: 'us', cause: 'replaced', reason: 'replaced by generation 4: tainted' },
    'We ended connection 3 as planned (replaced by generation 4: tainted)',
  ],
  [
    { ...never, closedBy: 'binance', cause: 'refused', status: 503, reason: 'HTTP 503' },
    'Binance refused an attempt to connect (HTTP 503)',
  ],
  [{ ...never, closedBy: 'transport', cause: 'dns' }, 'An attempt to connect did not reach Binance (dns)'],
])('says once who ended what, and how: %j', (ended, words) => expect(sayEnding(ended)).toBe(words));

it.each<[Ended, string]>([
  [{ closedBy: 'binance', cause: 'closed', code: 1008, reason: 'too many' }, 'ended by Binance: closed 1008 too many'],
  [{ closedBy: 'transport', cause: 'closed', code: 1006, reason: '' }, 'ended by the network: closed 1006'],
  [{ closedBy: 'us', cause: 'stopped' }, 'ended by us: stopped'],
  [
    { closedBy: 'us', cause: 'replaced', reason: 'replaced by generation 2: tainted' },
    'ended by us: replaced by generation 2: tainted',
  ],
  [{}, 'ended by nobody'],
])('says it in a few words, none of them twice: %j', (ended, words) => expect(endingInShort(ended)).toBe(words));
