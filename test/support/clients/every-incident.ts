import type { Act } from '#libs/course';
import type { Incident, IncidentName } from '#libs/simulator';

const drop: Incident = { name: 'close', code: 1000 };

/** One that ends the line, so that a new one must follow. */
const ends = (...strike: Incident[]): Act => ({ strike, follows: 1 });
const harmless = (...strike: Incident[]): Act => ({ strike, follows: 0 });

/** One that meets the attempt after a drop; the next attempt is let in. */
const meets = (...strike: Incident[]): Act => ({ strike: [...strike, drop], follows: 2 });

/**
 * Every incident there is, each once, as quickly as it can be told whether somebody felt it. Their order is that of the names here: a stream that is no
 * longer delivered is noticed after a while, in which others strike.
 */
export const EVERY_INCIDENT: Record<IncidentName, readonly Act[]> = {
  'unsubscribe-silently': [{ ...harmless({ name: 'unsubscribe-silently', stream: 'ethusdt@trade' }), isStruck: true }],
  'server-ping-stop': [{ ...harmless({ name: 'server-ping-stop' }), isStruck: true }],
  'bad-utf8': [harmless({ name: 'bad-utf8' })],
  'broken-json': [harmless({ name: 'broken-json' })],
  'wrong-shape': [harmless({ name: 'wrong-shape' })],
  'binary-frame': [harmless({ name: 'binary-frame' })],
  'deep-json': [harmless({ name: 'deep-json' })],
  'duplicate-keys': [harmless({ name: 'duplicate-keys' })],
  'poisoned-keys': [harmless({ name: 'poisoned-keys' })],
  'unsafe-number': [harmless({ name: 'unsafe-number' })],
  'too-large': [harmless({ name: 'too-large' })],
  'unknown-event': [harmless({ name: 'unknown-event' })],
  'unknown-field': [harmless({ name: 'unknown-field' })],
  'duplicate-frames': [harmless({ name: 'duplicate-frames' })],
  'drop-frames': [harmless({ name: 'drop-frames' }), harmless({ name: 'drop-frames', stream: 'btcusdt@depth@100ms' })],
  'mute-stream': [{ ...harmless({ name: 'mute-stream', forMs: 500 }), lastsMs: 600 }],
  'mute-data': [{ ...harmless({ name: 'mute-data', forMs: 500 }), lastsMs: 600 }],
  burst: [harmless({ name: 'burst', count: 300 })],
  pace: [harmless({ name: 'pace', factor: 2 })],
  'list-symbol': [harmless({ name: 'list-symbol' })],
  'delist-symbol': [harmless({ name: 'delist-symbol' })],
  close: [
    ends(drop),
    ends({ name: 'close', code: 1001, reason: 'going away' }),
    ends({ name: 'close', code: 1008, reason: 'Pong timeout' }),
    ends({ name: 'close', code: 1005 }),
    // The story Holdfast starts from.
    {
      attempts: [
        { cut: 'mid-utf8', when: 'first-frame' },
        { close: { code: 1007, reason: 'Invalid UTF-8 code encountered.' } },
        { close: { code: 1008, reason: 'Policy violation' } },
      ],
      strike: [drop],
      follows: 4,
    },
  ],
  reset: [ends({ name: 'reset' })],
  'cut-mid-frame': [ends({ name: 'cut-mid-frame' })],
  'cut-mid-length': [ends({ name: 'cut-mid-length' })],
  'cut-mid-utf8': [ends({ name: 'cut-mid-utf8' })],
  'cut-mid-fragment': [ends({ name: 'cut-mid-fragment' })],
  lifetime: [ends({ name: 'lifetime' })],
  'server-shutdown': [ends({ name: 'server-shutdown', closeAfterMs: 3_000 })],
  'close-storm': [{ strike: [{ name: 'close-storm', count: 3, everyMs: 300 }], lastsMs: 700, follows: 2 }],
  'go-silent': [ends({ name: 'go-silent' })],
  'stop-reading': [ends({ name: 'stop-reading' })],
  refuse: [
    meets({ name: 'refuse', status: 429, retryAfter: 1 }),
    meets({ name: 'refuse', status: 418, retryAfter: 1 }),
    meets({ name: 'refuse', status: 503 }),
  ],
  'refuse-reset': [meets({ name: 'refuse-reset' })],
  'slow-accept': [ends({ name: 'slow-accept', delayMs: 300 }, drop), meets({ name: 'slow-accept', delayMs: 0 })],
  flap: [{ ...meets({ name: 'flap', count: 3 }), follows: 4 }],
  'silent-accept': [meets({ name: 'silent-accept' })],
  'stall-replacement': [
    // One that is not stalled, for comparison.
    { command: 'rotate', follows: 1 },
    { strike: [{ name: 'stall-replacement' }], command: 'rotate', follows: 1, isHalfWay: true },
    harmless({ name: 'clear' }),
  ],
  'rest-refuse': [ends({ name: 'rest-refuse', status: 503, count: 2 }, drop)],
  'rest-slow': [ends({ name: 'rest-slow', delayMs: 500, count: 3 }, drop)],
  'rest-reset': [ends({ name: 'rest-reset', count: 2 }, drop)],
  // What nobody asks for any more: what is asked for and gone would be missing for good.
  'rest-forget': [ends({ name: 'rest-forget', to: 10 }, drop)],
  'rest-lag': [ends({ name: 'rest-lag', lagMs: 500 }, drop)],
  clear: [harmless({ name: 'clear' })],
};
