import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import type { BusState, Deliver } from '../../ports/messages.js';
import { Marker } from './marker.js';

let clock: FakeClock;
let state: BusState;
let listeners: Set<(state: BusState) => void>;
let sent: string[];
let listening: number;
let deliver: Deliver;
let stands: () => void;
let marker: Marker;

beforeEach(() => {
  clock = new FakeClock();
  state = 'up';
  listeners = new Set();
  sent = [];
  listening = 0;
  const ready = new Promise<void>((resolve) => (stands = resolve));
  marker = new Marker(
    {
      topic: 'marker',
      get state() {
        return state;
      },
      onState: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      listen: (_, hear) => {
        listening += 1;
        deliver = hear;
        return { ready };
      },
      publishAsk: (_, text) => void sent.push(text),
    },
    clock,
  );
});

it('a bus that asks for no marker never listens for one, and one that does listens once', async () => {
  expect(listening).toBe(0);
  void marker.stand();
  void marker.stand();
  void marker.heardAll(1_000);
  expect(listening).toBe(1);
});

it('a marker leaves when it would be heard, and all is heard when it comes back: that one and no other', async () => {
  const answers: [string, boolean][] = [];
  void marker.heardAll(1_000).then((is) => answers.push(['first', is]));
  void marker.heardAll(1_000).then((is) => answers.push(['second', is]));
  await nextTurn();
  expect(sent).toEqual([]);
  stands();
  await nextTurn();
  expect(new Set(sent).size).toBe(2);
  for (const stranger of ['', 'x', '0', '99']) deliver(stranger);
  deliver(sent[1]!);
  await nextTurn();
  expect(answers).toEqual([['second', true]]);
  deliver(sent[0]!);
  deliver(sent[0]!);
  await nextTurn();
  expect(answers).toEqual([
    ['second', true],
    ['first', true],
  ]);
  expect([clock.pending, listeners.size]).toEqual([0, 0]);
});

it('not all is heard where it does not come back in time, and nothing is sent for who does not wait any more', async () => {
  const late = marker.heardAll(100);
  clock.advance(100);
  expect(await late).toBe(false);
  stands();
  await nextTurn();
  expect([sent, listeners.size]).toEqual([[], 0]);
});

it('not all is heard where a connection breaks meanwhile, or is broken', async () => {
  stands();
  const broken = marker.heardAll(1_000);
  await nextTurn();
  state = 'down';
  for (const listener of listeners) listener('down');
  deliver(sent[0]!);
  expect([await broken, await marker.heardAll(1_000), clock.pending]).toEqual([false, false, 0]);
});
