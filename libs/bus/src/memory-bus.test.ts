import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { busContract } from './bus.contract.js';
import { MemoryBus } from './memory-bus.js';

describe('the memory bus', () => {
  busContract(() => new MemoryBus());

  it('has delivered when publish returns', () => {
    const bus = new MemoryBus();
    const heard: string[] = [];
    bus.subscribe('t', (text) => heard.push(text));
    bus.publish('t', 'now');
    expect(heard).toEqual(['now']);
  });

  it('counts exceptions of subscribers', () => {
    const bus = new MemoryBus();
    bus.subscribe('t', () => {
      throw new Error('a broken subscriber');
    });
    bus.publish('t', '1');
    bus.publish('t', '2');
    expect(bus.counts).toMatchObject({ published: 2, received: 2, subscriberErrors: 2 });
  });

  it('begins a later process above an earlier one', async () => {
    const clock = new FakeClock();
    const earlier = await new MemoryBus({ clock }).nextEpoch();
    clock.advance(1);
    expect(await new MemoryBus({ clock }).nextEpoch()).toBeGreaterThan(earlier);
  });
});
