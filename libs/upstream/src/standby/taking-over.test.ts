import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamName } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { SaidSoFar } from '../streams/muted/unsaid.js';
import type { Series } from '../streams/series.js';
import type { Recalled } from '../streams/transcript.js';
import { HeardStream } from './heard-stream.js';
import { textOf, wantedSeries } from './standby.rig.js';
import { type KnownOfBefore, TakingOver } from './taking-over.js';

const A = 'btcusdt@trade';
const B = 'ethusdt@trade';
const LAG_MS = 1_000;
const TERM = 9;

let clock: FakeClock;
let wanted: Map<StreamName, Series>;
let did: string[];
let asked: { withinMs: number | undefined; edges: readonly string[] }[];
let answer: () => void;
let recalled: Map<StreamName, Recalled>;
let takingOver: TakingOver;

beforeEach(() => {
  clock = new FakeClock(100_000);
  wanted = new Map([A, B].map((name) => [name, wantedSeries(name)]));
  did = [];
  asked = [];
  recalled = new Map();
  takingOver = new TakingOver({
    streams: {
      wanted,
      beginSilently: (epoch) => void did.push(`begin ${epoch}`),
      speak: ({ name }, said, isSure, goneSince) => {
        const where = said ? `behind ${said.place.epoch}/${said.place.seq}` : 'anew';
        did.push(`${name.name} ${where}${isSure ? ' surely' : ''}${goneSince === undefined ? '' : ' gone'}`);
      },
    },
    memory: {
      isFresh: true,
      gatherWithin: (withinMs, edges) => {
        asked.push({ withinMs, edges: [...edges] });
        return new Promise((resolve) => (answer = resolve));
      },
      recall: ({ name }) => recalled.get(name),
      forget: () => void did.push('forget'),
    },
    clock,
    edges: () => new Set(['one', 'two']),
    carriedSince: () => clock.now() - 10_000,
    lagMs: LAG_MS,
  });
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

/** A stream of which a message was heard just now. */
function heardAt(name: StreamName, seq: number): [StreamName, HeardStream] {
  const series = wanted.get(name);
  if (!series) throw new Error(name);
  const heard = new HeardStream(series.name);
  const event = { type: 'trade', stream: name, epoch: 0, seq: 0, symbol: 'X', receivedAt: 1, id: seq } as const;
  heard.hear(textOf({ ...event, price: '1', quantity: '1', taker: 'buy', tradedAt: 0 }, { epoch: 7, seq }));
  heard.confirm(clock.now());
  return [name, heard];
}

const before = (known: Partial<KnownOfBefore>): KnownOfBefore => ({
  heard: new Map(),
  hasHeardAll: true,
  own: new Map(),
  isCold: false,
  ...known,
});

const recalledAt = (seq: number, goneSince?: number): Recalled => {
  const event = { type: 'trade', stream: A, epoch: 7, seq, symbol: 'X', receivedAt: 1, id: seq } as const;
  const place = { epoch: 7, seq };
  return { place, event: { ...event, price: '1', quantity: '1', taker: 'buy', tradedAt: 0 }, goneSince };
};

describe('who takes over', () => {
  it('says what it is sure of at once, and asks edges about the rest', async () => {
    takingOver.begin(TERM, before({ heard: new Map([heardAt(A, 4)]) }));
    await settle();
    expect(did).toEqual([`begin ${TERM}`, 'forget', `${A} behind 7/4 surely`]);
    expect([asked, takingOver.waiting]).toEqual([[{ withinMs: 300, edges: ['one', 'two'] }], 1]);
    recalled.set(B, recalledAt(8));
    answer();
    await settle();
    expect(did.slice(3)).toEqual([`${B} behind 7/8`, 'forget']);
    expect(takingOver.waiting).toBe(0);
  });

  it('is sure of nothing where not all was heard that others have said, and takes the later of what it has heard and what edges say', async () => {
    takingOver.begin(TERM, before({ heard: new Map([heardAt(A, 4), heardAt(B, 4)]), hasHeardAll: false }));
    recalled.set(A, recalledAt(5)).set(B, recalledAt(3));
    await settle();
    answer();
    await settle();
    expect(did.slice(2, 4)).toEqual([`${A} behind 7/5`, `${B} behind 7/4`]);
  });

  it('begins every stream anew, and says so, where nobody has said anything for too long', async () => {
    takingOver.begin(TERM, before({ heard: new Map([heardAt(A, 4)]), goneSince: 5 }));
    await settle();
    expect(did).toEqual([`begin ${TERM}`, 'forget', `${A} anew gone`, `${B} anew gone`]);
    expect([asked, takingOver.waiting]).toEqual([[], 0]);
  });

  it('goes on behind itself where nobody else has said anything since', () => {
    const said: SaidSoFar = { place: { epoch: 8, seq: 3 } };
    takingOver.begin(TERM, before({ own: new Map([A, B].map((name) => [name, said])) }));
    expect(did).toEqual([`begin ${TERM}`, 'forget', `${A} behind 8/3 surely`, `${B} behind 8/3 surely`]);
  });

  it('asks nobody again where there was nobody, and begins anew what was gone for too long', async () => {
    recalled.set(A, recalledAt(5)).set(B, recalledAt(5, 1));
    takingOver.begin(TERM, before({ isCold: true }));
    await settle();
    expect(asked).toEqual([]);
    expect(did).toEqual([`begin ${TERM}`, `${A} behind 7/5`, `${B} anew gone`]);
  });

  it('says nothing more once it is somebody else’s turn', async () => {
    takingOver.begin(TERM, before({}));
    await settle();
    takingOver.stop();
    answer();
    await settle();
    expect(did).toEqual([`begin ${TERM}`, 'forget']);
    expect(takingOver.waiting).toBe(0);
  });

  it('says a thousand streams in a turn, and the others in the next ones', async () => {
    wanted.clear();
    for (let at = 0; at < 1_500; at += 1) wanted.set(`x${at}usdt@trade`, wantedSeries(`x${at}usdt@trade`));
    const said: SaidSoFar = { place: { epoch: 8, seq: 3 } };
    takingOver.begin(TERM, before({ own: new Map([...wanted.keys()].map((name) => [name, said])) }));
    expect(did).toHaveLength(1_002);
    clock.advance(0);
    await settle();
    expect(did).toHaveLength(1_502);
  });
});
