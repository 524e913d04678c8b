import { expect, it } from 'vitest';
import { UpstreamSettings, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { Line } from '../line/line.js';
import type { Cargo } from './cargo.js';
import { ownerOf } from './line-events.js';
import type { SlotEvent } from './step.js';

const HOUR = 3_600_000;

it('a connection is due within the window by the machine’s clock, also where that was set since the process began', () => {
  const clock = new FakeClock();
  const settings = Object.assign(new UpstreamSettings(), { rotateWindow: '03:00-04:00' });
  for (const byMs of [0, 5 * HOUR, -7 * HOUR, 100 * HOUR + 1_234]) {
    clock.setWall(byMs);
    const events: SlotEvent[] = [];
    const slot = { cargo: {} as Cargo, handle: (event: SlotEvent) => (events.push(event), []) };
    const around = { letGo: () => undefined, standIn: () => undefined };
    const owner = ownerOf(slot, { clock, random: () => 0.5, log: silentLog, settings }, around);
    owner.opened({ generation: 1, connection: { openedAt: clock.now() } } as Line);
    const dueAt = events[0]?.type === 'opened' ? events[0].dueAt : Number.NaN;
    expect(dueAt).toBeGreaterThan(clock.now());
    expect(dueAt - clock.now()).toBeLessThanOrEqual(23.5 * HOUR);
    expect(new Date(clock.wallAt(dueAt)).getUTCHours()).toBe(3);
  }
});
