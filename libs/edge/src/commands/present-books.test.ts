import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { Session } from '../door/session.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { PresentBooks } from './present-books.js';

/** A stream whose book takes 40 bytes. */
const stream = (name: string): EdgeStream =>
  ({ name, place: { epoch: 1, seq: 1 }, book: { textAt: () => name.padEnd(40) } }) as unknown as EdgeStream;

function client(streams: readonly EdgeStream[]) {
  const sent: string[] = [];
  const session = {
    streams: new Map(streams.map((one) => [one.name, one])),
    backlogBytes: 0,
    send: (...texts: string[]) => sent.push(...texts.map((text) => text.trim())),
  };
  return { sent, backlog: (bytes: number) => (session.backlogBytes = bytes), session: session as unknown as Session };
}

it('gives a client its books as fast as it may get them, and those that wait only while it wants them and reads', () => {
  const clock = new FakeClock();
  const books = new PresentBooks(clock, 100);
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(stream);
  const { sent, backlog, session } = client(all);
  const atOnce = all.flatMap((one) => books.give(session, one)).map((text) => text.trim());
  expect(atOnce).toEqual(['a', 'b', 'c']);
  session.streams.delete('d');
  backlog(100);
  clock.advance(1_000);
  expect(sent).toEqual([]);
  backlog(30);
  clock.advance(1_000);
  expect(sent).toEqual(['e', 'f']);
  backlog(0);
  clock.advance(1_000);
  expect(sent).toEqual(['e', 'f', 'g']);
  clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

it('sets no alarm for a client that is gone', () => {
  const clock = new FakeClock();
  const books = new PresentBooks(clock, 100);
  const { session } = client([]);
  books.give(session, stream('a'));
  books.forget(session);
  expect(clock.pending).toBe(0);
});
