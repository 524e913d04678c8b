import type { Millis } from '#libs/core';
import type { Act } from '#libs/course';

/** One incident of the demo, in words for whoever watches. */
export interface ProgrammeItem extends Omit<Act, 'follows'> {
  what: string;
  /** How long it may take until a stream feels it; a second unless said. */
  feltWithinMs?: Millis;
}

/** What strikes in a demo, in this order and then from the beginning: every kind of trouble that is over within seconds. */
export const PROGRAMME: readonly ProgrammeItem[] = [
  { what: 'Binance closes the connection: 1000', strike: [{ name: 'close', code: 1000 }] },
  { what: 'TCP is cut inside a three-byte character', strike: [{ name: 'cut-mid-utf8' }] },
  { what: 'one frame is not valid UTF-8', strike: [{ name: 'bad-utf8' }] },
  {
    what: 'closed; then cut mid-frame, 1007 and 1008 in a row',
    attempts: [
      { cut: 'mid-frame', when: 'first-frame' },
      { close: { code: 1007, reason: 'Invalid UTF-8 code encountered.' } },
      { close: { code: 1008, reason: 'Policy violation' } },
    ],
    strike: [{ name: 'close', code: 1000 }],
  },
  { what: 'Binance announces a shutdown', strike: [{ name: 'server-shutdown', closeAfterMs: 2_500 }] },
  { what: 'the line goes dead without a word', feltWithinMs: 5_000, strike: [{ name: 'go-silent' }] },
  { what: 'one frame breaks off in its JSON', strike: [{ name: 'broken-json' }] },
  { what: 'TCP is reset', strike: [{ name: 'reset' }] },
  {
    what: 'closed; then refused with HTTP 503, twice',
    attempts: [{ refuse: { status: 503 } }, { refuse: { status: 503 } }],
    strike: [{ name: 'close', code: 1001, reason: 'going away' }],
  },
  { what: 'ten trades come twice', strike: [{ name: 'duplicate-frames', stream: 'btcusdt@trade', count: 10 }] },
  { what: 'ten trades get lost on the way', strike: [{ name: 'drop-frames', stream: 'btcusdt@trade', count: 10 }] },
  { what: 'a frame has the wrong types', strike: [{ name: 'wrong-shape' }] },
  { what: 'TCP is cut inside a frame’s length', strike: [{ name: 'cut-mid-length' }] },
  { what: 'a field nobody has heard of', strike: [{ name: 'unknown-field' }] },
  { what: 'the 24-hour cut', strike: [{ name: 'lifetime' }] },
  { what: 'five hundred trades at once', strike: [{ name: 'burst', symbol: 'BTCUSDT', count: 500 }] },
];
