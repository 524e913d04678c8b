import { beforeEach, describe, expect, it } from 'vitest';
import type { FlowSource } from './flow.js';
import { FlowStage } from './flow.rig.js';

/** Has texts to send. */
const sourceOf = (...texts: string[]): FlowSource => ({ next: () => texts.shift() });

const KILOBYTE = 'x'.repeat(1_024);

describe('the flow to one client', () => {
  let stage: FlowStage;
  beforeEach(() => {
    stage = new FlowStage();
  });
  const many = (kilobytes: number): FlowSource => sourceOf(...Array.from({ length: kilobytes }, () => KILOBYTE));

  it('sends at the end of the turn, one message of each source in turn', () => {
    stage.flow.ready(sourceOf('a1', 'a2', 'a3'));
    stage.flow.ready(sourceOf('b1'));
    stage.flow.ready(sourceOf('c1', 'c2'));
    expect(stage.socket.sent).toEqual([]);
    expect(stage.turn()).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    expect(stage.turn()).toEqual([]);
    expect(stage.counts.deliveries).toBe(6);
  });

  it('asks nothing about a few bytes', () => {
    stage.flow.ready(many(3));
    stage.turn();
    expect(stage.socket.pings).toEqual([]);
    expect(stage.clock.pending).toBe(0);
  });

  it('has no more than 16 kB on the way to a client that has confirmed nothing', () => {
    stage.flow.ready(many(100));
    expect(stage.turn().length).toBe(16);
    expect(stage.socket.pings.length).toBe(1);
    expect(stage.turn()).toEqual([]);
    expect(stage.reads(500).length).toBe(16);
  });

  it('has as much on the way as its client reads in half a second, 16 kB at least and 64 kB at most', () => {
    stage.flow.ready(many(1_000));
    stage.turn();
    expect([250, 500, 10, 1_000, 2_000, 2_000].map((ms) => stage.reads(ms).length)).toEqual([32, 32, 64, 32, 16, 16]);
  });

  it('does not take a few bytes that were read at once for much', () => {
    stage.flow.ready(sourceOf('a'));
    stage.turn();
    stage.flow.ask();
    stage.reads(20);
    stage.flow.ready(many(100));
    expect(stage.turn().length).toBe(16);
  });

  it('waits for the socket to have sent what it has', () => {
    stage.socket.unsentBytes = 1;
    stage.flow.ready(sourceOf('a'));
    expect(stage.turn()).toEqual([]);
    stage.socket.unsentBytes = 0;
    stage.flow.flush();
    expect(stage.turn()).toEqual(['a']);
  });

  it('knows its own pings, which are the time and never alike, and takes no notice of answers to others', () => {
    stage.flow.ready(many(100));
    stage.turn();
    const [first = ''] = stage.socket.pings;
    expect(Number(first)).toBe(stage.clock.now());
    expect([stage.flow.answered(''), stage.flow.answered('1'), stage.flow.answered(first)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(stage.socket.pings[1]).toBe(String(Number(first) + 1));
    expect(stage.flow.answered(first)).toBe(false);
  });

  it('gives a client that never answers a window a second, and one that did once nothing more', () => {
    stage.flow.ready(many(100));
    expect(stage.turn().length).toBe(16);
    stage.clock.advance(999);
    expect(stage.turn()).toEqual([]);
    stage.clock.advance(1);
    expect(stage.turn().length).toBe(16);
    expect(stage.reads(500).length).toBe(16);
    stage.clock.advance(60_000);
    expect([stage.turn(), stage.clock.pending]).toEqual([[], 0]);
  });

  it('tells when its client has caught up: has read all, and quickly', () => {
    let times = 0;
    stage.flow.caughtUp = () => (times += 1);
    stage.flow.ask();
    stage.reads(500);
    expect(times).toBe(0);
    stage.flow.ready(sourceOf('a'));
    stage.turn();
    stage.reads(50);
    expect(times).toBe(1);
  });

  it('sends nothing to who has gone, and waits for nothing', () => {
    stage.flow.ready(many(100));
    stage.turn();
    stage.socket.isOpen = false;
    stage.flow.end();
    expect([stage.clock.pending, stage.reads()]).toEqual([0, []]);
  });
});
