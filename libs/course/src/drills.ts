import type { Millis } from '#libs/core';
import { type Incident, type IncidentName, type GateStep, listIncidents } from '#libs/simulator';

/** One step of a drill, over when data flows again on every client and one connection to Binance is left. */
export interface Act {
  /** What happens to the next connection attempts, one after the other; after them attempts are accepted. */
  attempts?: readonly GateStep[];
  /** What strikes now. */
  strike?: readonly Incident[];
  /** A command on the gateway's ops port. */
  command?: string;
  /** How many connection attempts must follow before the step can be over. */
  follows: number;
  /** How long the strike itself goes on; the step is not over before. */
  lastsMs?: Millis;
  /** The next step finds a replacement under way: here only data has to flow. */
  isHalfWay?: true;
  /** The next step ends what this one began: here nothing has to be well. */
  isStruck?: true;
}

/** A named course of events; `npx holdfast drill NAME` runs it. */
export interface Drill {
  name: string;
  /** One sentence: what happens, and what it stands for. */
  says: string;
  acts: readonly Act[];
}

const once = (...strike: Incident[]): Act => ({ strike, follows: 1 });
const harmless = (...strike: Incident[]): Act => ({ strike, follows: 0 });
const badUtf8Close: GateStep = { close: { code: 1007, reason: 'Invalid UTF-8 code encountered.' } };
const policyClose: GateStep = { close: { code: 1008, reason: 'Policy violation' } };

/** The story Holdfast starts from: a close, then attempts that die inside a frame, with 1007 and with 1008, then success. */
const originAct = (cut: 'mid-frame' | 'mid-length' | 'mid-utf8' | 'mid-fragment'): Act => ({
  attempts: [{ cut, when: 'first-frame' }, badUtf8Close, policyClose],
  strike: [{ name: 'close', code: 1000 }],
  follows: 4,
});

/** Every drill there is, in the order in which they are listed. */
export const DRILLS: readonly Drill[] = [
  {
    name: 'origin-story',
    says: 'Binance closes with 1000; the next three attempts are cut inside a frame, closed with 1007 and with 1008; then all is well.',
    acts: (['mid-frame', 'mid-length', 'mid-utf8', 'mid-fragment'] as const).map(originAct),
  },
  {
    name: 'closes',
    says: 'Binance closes with one code after the other: 1000, 1001, 1006 by TCP reset, 1008, 1011, 1012, and without any.',
    acts: [
      once({ name: 'close', code: 1000 }),
      once({ name: 'close', code: 1001, reason: 'going away' }),
      once({ name: 'reset' }),
      once({ name: 'close', code: 1008, reason: 'Pong timeout' }),
      once({ name: 'close', code: 1011 }),
      once({ name: 'close', code: 1012, reason: 'service restart' }),
      once({ name: 'close', code: 1005 }),
    ],
  },
  {
    name: 'cuts',
    says: 'TCP ends inside a payload, inside a length, inside a character and inside a fragment.',
    acts: [
      once({ name: 'cut-mid-frame' }),
      once({ name: 'cut-mid-length' }),
      once({ name: 'cut-mid-utf8' }),
      once({ name: 'cut-mid-fragment' }),
    ],
  },
  {
    name: 'cable-cut',
    says: 'The line goes dead without a word, first with the other side still reading, then with nobody there at all.',
    acts: [once({ name: 'go-silent' }), once({ name: 'stop-reading' })],
  },
  {
    name: 'refusals',
    says: 'After a close Binance refuses to take us back: busy (429, try again in a second), overloaded (503), and a reset in the middle of the handshake.',
    acts: [
      { attempts: [{ refuse: { status: 429, retryAfter: 1 } }], strike: [{ name: 'close', code: 1000 }], follows: 2 },
      { attempts: [{ refuse: { status: 503 } }], strike: [{ name: 'close', code: 1000 }], follows: 2 },
      { attempts: [{ reset: true }], strike: [{ name: 'close', code: 1000 }], follows: 2 },
    ],
  },
  {
    name: 'slow-door',
    says: 'After a close the next attempt is never answered and has to be given up.',
    acts: [{ attempts: [{ slow: 'never' }], strike: [{ name: 'close', code: 1000 }], follows: 2 }],
  },
  {
    name: 'flapping',
    says: 'Every connection is taken and closed at once, five times in a row.',
    acts: [
      {
        attempts: Array.from({ length: 5 }, (): GateStep => ({ close: { code: 1000 }, when: 'open' })),
        strike: [{ name: 'close', code: 1000 }],
        follows: 6,
      },
    ],
  },
  {
    name: 'load-shedding',
    says: 'Binance sheds load: everything that is open is closed, eight times, half a second apart.',
    acts: [{ strike: [{ name: 'close-storm', count: 8, everyMs: 500 }], lastsMs: 3_600, follows: 2 }],
  },
  {
    name: 'planned-shutdown',
    says: 'Binance announces that it goes away; the connection is replaced before it does, and nothing is missing.',
    acts: [once({ name: 'server-shutdown', closeAfterMs: 4_000 })],
  },
  {
    name: 'rotation',
    says: 'An operator asks for a new connection, three times; the old one goes on until the new one has taken over.',
    acts: Array.from({ length: 3 }, (): Act => ({ command: 'rotate', follows: 1 })),
  },
  {
    name: 'stalled-replacement',
    says: 'An operator asks for a new connection and Binance accepts one that never delivers; the working one must not be given up.',
    acts: [
      { attempts: [{ stall: true }], command: 'rotate', follows: 1, isHalfWay: true },
      harmless({ name: 'clear' }),
    ],
  },
  {
    name: 'bad-frames',
    says: 'Single frames are broken in every way: not UTF-8, not JSON, wrong types, binary, too deep, doubled and poisoned keys, numbers too large.',
    acts: [
      harmless({ name: 'bad-utf8' }),
      harmless({ name: 'broken-json' }),
      harmless({ name: 'wrong-shape' }),
      harmless({ name: 'binary-frame' }),
      harmless({ name: 'deep-json' }),
      harmless({ name: 'duplicate-keys' }),
      harmless({ name: 'poisoned-keys' }),
      harmless({ name: 'unsafe-number' }),
    ],
  },
  {
    name: 'news',
    says: 'Binance sends a field and an event nobody has heard of; both pass and are reported as drift.',
    acts: [harmless({ name: 'unknown-field' }), harmless({ name: 'unknown-event' })],
  },
  {
    name: 'repeats-and-holes',
    says: 'On a connection that stays up, frames come twice, and frames are lost on the way: what is doubled is dropped, what is missing is fetched.',
    acts: [
      harmless({ name: 'duplicate-frames', stream: 'btcusdt@trade', count: 20 }),
      harmless({ name: 'drop-frames', stream: 'btcusdt@trade', count: 20 }),
      { ...harmless({ name: 'drop-frames', stream: 'ethusdt@depth@100ms', count: 3 }), lastsMs: 1_000 },
    ],
  },
  {
    name: 'rush',
    says: 'A thousand trades in one instant.',
    acts: [harmless({ name: 'burst', symbol: 'BTCUSDT', count: 1_000 })],
  },
];

/** Incidents about connections to come: something must end the present one first. */
const ABOUT_NEW_CONNECTIONS = new Set<IncidentName>([
  'refuse',
  'refuse-reset',
  'slow-accept',
  'flap',
  'silent-accept',
  'stall-replacement',
]);

/** What lasts is left alone for so long, then cleared. */
const LEFT_ALONE_MS: Millis = 3_000;

/** One incident of the simulator as a drill: it strikes with its usual parameters, once, and is cleared. */
function drillOf(name: IncidentName, says: string): Drill {
  // Every parameter has a usual value; a refusal without Retry-After would keep us away for a minute, as it should.
  const strike = [name === 'refuse' ? { name, retryAfter: 1 } : ({ name } as Incident)];
  if (ABOUT_NEW_CONNECTIONS.has(name)) strike.push({ name: 'close' });
  return {
    name,
    says: `${says}.`,
    acts: [{ strike, follows: 0, lastsMs: LEFT_ALONE_MS, isStruck: true }, harmless({ name: 'clear' })],
  };
}

/** The drill of this name, or of the simulator's incident of this name. */
export function findDrill(name: string): Drill | undefined {
  const incident = listIncidents().find((entry) => entry.name === name);
  return DRILLS.find((drill) => drill.name === name) ?? (incident && drillOf(incident.name, incident.says));
}
