import { parseArgs } from 'node:util';
import { coldStart } from './soak/cold-start.js';
import { CrashLoop } from './soak/crash-loop.js';
import { soakDrops, soakKills, soakOutage, soakRestarts, soakSpare } from './soak/no-gaps.js';
import { soakRedis } from './soak/redis-troubles.js';
import { soakStandby } from './soak/standby.js';
import { Soak } from './soak/soak.js';
import { runWorld } from './soak/world.js';

const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '1000' },
    streams: { type: 'string', default: '320' },
    'streams-per-connection': { type: 'string', default: '20' },
    faults: { type: 'boolean', default: false },
    'crash-loop': { type: 'string' },
    for: { type: 'string', default: '75' },
    cold: { type: 'string' },
    drops: { type: 'string' },
    longest: { type: 'string', default: '60' },
    spare: { type: 'string' },
    kills: { type: 'string' },
    standby: { type: 'boolean', default: false },
    handovers: { type: 'string' },
    freezes: { type: 'string' },
    redis: { type: 'string' },
    restarts: { type: 'string' },
    processes: { type: 'boolean', default: false },
    outage: { type: 'string' },
    world: { type: 'boolean', default: false },
  },
});

const whole = (name: Exclude<keyof typeof values, 'faults' | 'world' | 'processes' | 'standby'>): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} is ${values[name]}: expected a whole number above 0`);
  process.exit(2);
};

const soakRotations = (): Promise<boolean> =>
  new Soak({
    rotations: whole('rotations'),
    streams: whole('streams'),
    streamsPerConnection: whole('streams-per-connection'),
    hasFaults: values.faults,
  }).run();

const soak = (): Promise<boolean> => {
  if (values['crash-loop'] !== undefined)
    return new CrashLoop({ processes: whole('crash-loop'), lastS: whole('for') }).run();
  if (values.drops !== undefined) return soakDrops(whole('drops'), whole('longest'));
  if (values.spare !== undefined) return soakSpare(whole('spare'));
  if (values.kills !== undefined && values.standby) return soakStandby('kills', whole('kills'));
  if (values.kills !== undefined) return soakKills(whole('kills'));
  if (values.handovers !== undefined) return soakStandby('handovers', whole('handovers'));
  if (values.redis !== undefined) return soakRedis(whole('redis'));
  if (values.freezes !== undefined) return soakStandby('freezes', whole('freezes'));
  if (values.restarts !== undefined) return soakRestarts(whole('restarts'), values.processes);
  if (values.outage !== undefined) return soakOutage(whole('outage'));
  if (values.cold !== undefined) return coldStart(whole('cold'));
  return soakRotations();
};

if (values.world) await runWorld(whole('streams'));
else process.exitCode = (await soak()) ? 0 : 1;
