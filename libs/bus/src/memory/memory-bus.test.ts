import { describe, expect, it } from 'vitest';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { askContract } from '../ports/ask.contract.js';
import { budgetContract } from '../ports/budget.contract.js';
import { leaseContract } from '../ports/lease.contract.js';
import { marksContract } from '../ports/marks.contract.js';
import { messagesContract } from '../ports/messages.contract.js';
import { termsContract } from '../ports/terms.contract.js';
import { MemoryBus } from './memory-bus.js';

describe('messages in memory', () => {
  messagesContract(() => new MemoryBus());

  it('have been delivered when publish returns', () => {
    const { messages } = new MemoryBus();
    const heard: string[] = [];
    messages.subscribe('t', (text) => heard.push(text));
    messages.publish('t', 'now');
    expect(heard).toEqual(['now']);
  });

  it('are counted, and so are exceptions of subscribers', async () => {
    const metrics = new Metrics();
    const { messages } = new MemoryBus({ metrics });
    messages.subscribe('t', () => {
      throw new Error('a broken subscriber');
    });
    messages.publish('t', '1');
    messages.publish('t', '2');
    messages.publish('unheard', '3');
    const shown = await metrics.registry.metrics();
    expect(shown).toContain('holdfast_bus_published_total 3');
    expect(shown).toContain('holdfast_bus_received_total 2');
    expect(shown).toContain('holdfast_bus_subscriber_errors_total 2');
    expect(shown).toMatch(/^holdfast_bus_up 1$/m);
  });
});

it('a bus in memory has nobody else on it, whose answer would take time', () => {
  expect(new MemoryBus()).toMatchObject({ name: 'bus', isShared: false });
});

describe('terms in memory', () => {
  termsContract(() => new MemoryBus());

  it('begin higher in a process that starts later, also where the machine’s clock was set back since the first began', async () => {
    const clock = new FakeClock();
    clock.setWall(-3_600_000);
    const before = await new MemoryBus({ clock }).terms.next('epoch');
    const later = new FakeClock();
    later.setWall(-3_599_000);
    expect(await new MemoryBus({ clock: later }).terms.next('epoch')).toBeGreaterThan(before);
    expect(before).toBe(clock.wallAt(clock.now()));
  });

  it('begin in a later process above those of an earlier one', async () => {
    const clock = new FakeClock();
    const earlier = await new MemoryBus({ clock }).terms.next('epoch');
    clock.advance(1);
    expect(await new MemoryBus({ clock }).terms.next('epoch')).toBeGreaterThan(earlier);
  });
});

describe('the budget in memory', () => {
  budgetContract(() => new MemoryBus());
});

describe('marks in memory', () => {
  marksContract(() => new MemoryBus());
});

describe('the lease in memory', () => {
  leaseContract(() => {
    const bus = new MemoryBus();
    return [bus, bus];
  });

  it('is claimed without anything under way: from then on nothing leaves of whoever held it, and that is counted', async () => {
    const metrics = new Metrics();
    const { lease, messages } = new MemoryBus({ metrics });
    const heard: string[] = [];
    messages.subscribe('t', (text) => heard.push(text));
    const holding = lease.hold('k', { owner: 'a', term: 1, mayRestore: () => true });
    await holding.enter();
    holding.messages.publish('t', 'mine');
    void lease.claim('k', { owner: 'b', above: 0, seen: { owner: 'a', term: 1, beat: 1, next: '' } });
    holding.messages.publish('t', 'not mine');
    expect([heard, holding.isOpen]).toEqual([['mine'], false]);
    expect(await metrics.registry.metrics()).toContain('holdfast_bus_dropped_total{reason="not-held"} 1');
  });

  it('gives terms at or above the time, so that those of a later process are higher', async () => {
    const clock = new FakeClock();
    const answer = await new MemoryBus({ clock }).lease.claim('k', { owner: 'a', above: 0, seen: undefined });
    expect(answer).toEqual({ is: 'given', term: clock.wallAt(clock.now()) });
  });
});

describe('asking in memory', () => {
  askContract(() => new MemoryBus());

  it('has the answer when ask returns', () => {
    const { ask } = new MemoryBus();
    const answers: unknown[] = [];
    ask.answer('q', (question) => [question]);
    ask.ask('q', 'now', 1_000, (answer) => answers.push(answer));
    expect(answers).toEqual([['now']]);
  });

  it('asks nobody when very many questions wait already, says so, and leaves no alarm behind', async () => {
    const clock = new FakeClock();
    const metrics = new Metrics();
    const bus = new MemoryBus({ clock, metrics });
    const answers: unknown[] = [];
    for (let index = 0; index < 10_000; index += 1) bus.ask.ask('q', index, 1_000, () => undefined);
    bus.ask.answer('q', () => 'heard');
    bus.ask.ask('q', 'one more', 1_000, (answer) => answers.push(answer));
    clock.advance(0);
    expect(answers).toEqual([undefined]);
    expect(await metrics.registry.metrics()).toContain('holdfast_bus_unasked_total 1');
    await bus.stop();
    expect(clock.pending).toBe(0);
  });
});
