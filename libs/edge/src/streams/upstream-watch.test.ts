import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { type Demand, HEARTBEAT_EVERY_MS, demandTopic, heartbeatTopic, welcomeTopic } from '#libs/core';
import { Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { EdgeMetrics } from '../edge-metrics.js';
import { DemandBook } from './demand-book.js';
import { Fanout } from './fanout.js';
import { UpstreamWatch } from './upstream-watch.js';

describe('the watch over the upstream', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let book: DemandBook;
  let watch: UpstreamWatch;
  let heard: Demand[];
  let sent: Record<string, unknown>[];
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    heard = [];
    sent = [];
    bus.messages.subscribe(demandTopic(), (text) => heard.push(JSON.parse(text) as Demand));
    const publish = (_topic: string, text: string): void => {
      sent.push(JSON.parse(text) as Record<string, unknown>);
    };
    const fanout = new Fanout(clock, publish, new EdgeMetrics(new Metrics()));
    book = new DemandBook(bus, clock, fanout, { lingerMs: 0, maxStreams: 10 });
    watch = new UpstreamWatch(bus, clock, silentLog, book, fanout);
    book.start();
    watch.start();
  });
  const beat = (epoch: number): void =>
    bus.messages.publish(heartbeatTopic(), JSON.stringify({ epoch, at: clock.now() }));
  const pass = (beats: number): void => clock.advance(beats * HEARTBEAT_EVERY_MS);

  it('is not ready before the first heartbeat, then is', () => {
    expect(watch.trouble).toBe('no upstream has been heard yet');
    beat(7);
    expect(watch.trouble).toBeUndefined();
  });

  it('tells every stream once when three heartbeats in a row are missing', () => {
    book.want('a@trade', 'native');
    beat(7);
    pass(3);
    expect(sent).toEqual([]);
    pass(10);
    expect(sent).toMatchObject([
      { type: 'feed', stream: 'a@trade', state: 'stale', cause: 'upstream-gone', by: 'edge' },
    ]);
    expect(watch.trouble).toContain('heartbeats');
  });

  it('tells a stream that is opened meanwhile as well', () => {
    pass(5);
    watch.introduce(book.want('a@trade', 'native'));
    expect(book.find('a@trade')?.edgeFeed).toMatchObject({ state: 'stale', epoch: 0, seq: 0 });
  });

  it('asks how everything stands when the upstream is back, and when its term is new', () => {
    beat(7);
    pass(5);
    beat(7);
    clock.advance(100);
    expect(heard.at(-1)).toMatchObject({ again: true });
    const before = heard.length;
    beat(7);
    clock.advance(100);
    expect(heard.length).toBe(before);
    beat(8);
    clock.advance(100);
    expect(heard.at(-1)).toMatchObject({ again: true });
  });

  it('takes nothing for a heartbeat or a welcome that is none', () => {
    const texts = ['', 'null', '[]', '{"epoch":"7","at":1}', '{"stream":"a@trade","place":{},"feed":"","latest":[]}'];
    for (const text of texts) {
      bus.messages.publish(heartbeatTopic(), text);
      bus.messages.publish(welcomeTopic(book.edge), text);
    }
    expect(watch.trouble).toBeDefined();
    expect(bus.counts.subscriberErrors).toBe(0);
  });

  it('leaves nothing behind when it stops', () => {
    watch.stop();
    book.stop();
    expect(clock.pending).toBe(0);
    beat(7);
    expect(watch.trouble).toBe('no upstream has been heard yet');
  });
});
