import { describe, expect, it } from 'vitest';
import { Ops } from './ops.js';

describe('ops', () => {
  it('refuses two parts under one name, because one of them would be hidden', () => {
    const ops = new Ops();
    ops.ready('upstream', () => 'no connection');
    expect(() => ops.ready('upstream', () => undefined)).toThrow('Two parts of this process call themselves upstream');
    expect(ops.readTroubles()).toEqual({ upstream: 'no connection' });
    expect(() => ops.needs('upstream', () => undefined)).toThrow('Two parts of this process call themselves upstream');
  });

  it('a process that serves clients is ready whatever is down behind it, and says what is', () => {
    const ops = new Ops();
    const down = { edge: true, bus: true };
    ops.ready('edge', () => (down.edge ? 'does not listen' : undefined));
    ops.needs('bus', () => (down.bus ? 'is away' : undefined));
    expect([ops.readTroubles(), ops.readBehind()]).toEqual([{ edge: 'does not listen', bus: 'is away' }, {}]);
    ops.serves();
    expect([ops.readTroubles(), ops.readBehind()]).toEqual([{ edge: 'does not listen' }, { bus: 'is away' }]);
    down.edge = false;
    expect([ops.readTroubles(), ops.readBehind()]).toEqual([{}, { bus: 'is away' }]);
    down.bus = false;
    expect([ops.readTroubles(), ops.readBehind()]).toEqual([{}, {}]);
    ops.stop();
    expect(ops.readTroubles()).toEqual({ process: 'stopping' });
  });
});
