import { beforeEach, describe, expect, it } from 'vitest';
import { MarketBook } from '../../../../test/support/market-book.js';
import { BookStage, OWN_SNAPSHOT_MS } from './book-stage.contract.js';

describe('a client of Binance’s wire that came a moment ago', () => {
  let stage: BookStage;
  beforeEach(() => {
    stage = new BookStage(new MarketBook(2));
    stage.diff();
    stage.welcome();
  });

  it('is not bridged, sees the hole, and so fetches a snapshot again: its own may be newer than our last diff', () => {
    const client = stage.wire('combined');
    stage.diff();
    stage.market.diff(3);
    client.book.start();
    stage.market.diff(3);
    stage.book();
    stage.diff();
    expect(client.diffs).toHaveLength(2);
    expect(client.book.resyncs).toBe(1);
    expect(client.book.id).toBe(stage.market.id);
  });

  it('is bridged once diffs have followed each other for so long', () => {
    const client = stage.wire('raw');
    stage.diff();
    stage.clock.advance(OWN_SNAPSHOT_MS - 1);
    stage.diff();
    expect([...client.topics]).toEqual([expect.stringContaining('newcomers')]);
    stage.clock.advance(1);
    stage.diff();
    expect([...client.topics]).toEqual([expect.not.stringContaining('newcomers')]);
    expect(stage.stream.audience).toMatchObject({ counts: { raw: 1 }, rebuilt: 1, newcomers: { counts: { raw: 0 } } });
    stage.market.diff(3);
    stage.book();
    stage.diff();
    expect(client.diffs).toHaveLength(5);
    expect(client.book.resyncs).toBe(0);
  });

  it('counts from when it came, not from the first diff', () => {
    const fresh = new BookStage(new MarketBook(6));
    const client = fresh.wire('raw');
    fresh.clock.advance(OWN_SNAPSHOT_MS);
    fresh.diff();
    fresh.diff();
    expect([...client.topics]).toEqual([expect.not.stringContaining('newcomers')]);
  });

  it('leaves the topic of the others as well, once it is one of them', () => {
    const client = stage.settled('raw');
    stage.remove(client);
    expect([client.topics.size, stage.stream.audience.size]).toEqual([0, 0]);
  });

  it('does not join the others where they are not: while they wait for a book, or where that is ahead', () => {
    const client = stage.wire('raw');
    stage.lose(stage.market.diff());
    stage.diff();
    stage.clock.advance(OWN_SNAPSHOT_MS);
    stage.diff();
    expect([...client.topics]).toEqual([expect.stringContaining('newcomers')]);
    stage.welcome();
    const late = [stage.market.diff(1), { ...stage.market.diff(3), bids: [], asks: [] }];
    stage.publish({ ...stage.market.book(), lastUpdateId: stage.market.id - 1 });
    for (const one of late) stage.publish(one);
    expect([...client.topics]).toEqual([expect.stringContaining('newcomers')]);
    expect(client.book.resyncs).toBe(0);
    stage.diff();
    expect([...client.topics]).toEqual([expect.not.stringContaining('newcomers')]);
    expect(client.book.resyncs).toBe(0);
  });

  it('counts anew from a hole that it has seen', () => {
    const client = stage.wire('raw');
    stage.clock.advance(OWN_SNAPSHOT_MS);
    stage.market.diff(3);
    stage.book();
    stage.diff();
    stage.clock.advance(OWN_SNAPSHOT_MS - 1);
    stage.diff();
    expect([...client.topics]).toEqual([expect.stringContaining('newcomers')]);
  });

  it('keeps its form and its place when it changes the one or leaves', () => {
    const client = stage.wire('raw');
    client.rendition = 'combined';
    stage.stream.audience.reseat(client, 'raw');
    stage.diff();
    expect(client.diffs).toHaveLength(1);
    stage.remove(client);
    stage.diff();
    expect(client.diffs).toHaveLength(1);
    expect(client.topics.size).toBe(0);
    expect(stage.stream.audience.size).toBe(0);
  });

  it('is no newcomer where the setting says that nobody is', () => {
    const everybody = new BookStage(new MarketBook(3), 0);
    everybody.welcome();
    const client = everybody.wire('raw');
    everybody.diff();
    everybody.market.diff(3);
    everybody.book();
    expect(client.diffs).toHaveLength(2);
    expect(client.book.resyncs).toBe(0);
  });

  it('takes the first book as what it has already', () => {
    const cold = new BookStage(new MarketBook(4));
    const client = cold.wire('raw');
    cold.diff();
    cold.book(5);
    cold.diff();
    expect(client.diffs).toHaveLength(2);
    expect(client.book.resyncs).toBe(0);
  });
});
