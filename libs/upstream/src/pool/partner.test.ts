import { describe, expect, it } from 'vitest';
import { partnerOf } from './partner.js';

const slot = (size: number, isCalm = true) => ({ cargo: { size }, isCalm });

describe('a slot that rotates', () => {
  it('absorbs the emptiest other slot', () => {
    const slots = [slot(2), slot(3), slot(1), slot(2)];
    expect(partnerOf(slot(2), slots, 6)).toBe(slots[2]);
  });

  it('absorbs one that fits to the last place, and none that does not', () => {
    const slots = [slot(4)];
    expect(partnerOf(slot(2), slots, 6)).toBe(slots[0]);
    expect(partnerOf(slot(3), slots, 6)).toBeUndefined();
  });

  it('never absorbs itself, nor one that has trouble or a rotation of its own', () => {
    const host = slot(1);
    const slots = [host, slot(1, false), slot(2)];
    expect(partnerOf(host, slots, 6)).toBe(slots[2]);
    expect(partnerOf(host, slots.slice(0, 2), 6)).toBeUndefined();
  });
});
