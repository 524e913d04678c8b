import { describe, expect, it } from 'vitest';
import { Ops } from './ops.js';

describe('ops', () => {
  it('refuses two parts under one name, because one of them would be hidden', () => {
    const ops = new Ops();
    ops.ready('upstream', () => 'no connection');
    expect(() => ops.ready('upstream', () => undefined)).toThrow('Two parts of this process call themselves upstream');
    expect(ops.readTroubles()).toEqual({ upstream: 'no connection' });
  });
});
