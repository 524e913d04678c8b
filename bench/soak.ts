import { parseArgs } from 'node:util';
import { coldStart } from './soak/cold-start.js';
import { RestartLoop } from './soak/restarts.js';
import { Soak } from './soak/soak.js';
import { runWorld } from './soak/world.js';

const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '1000' },
    streams: { type: 'string', default: '320' },
    'streams-per-connection': { type: 'string', default: '20' },
    faults: { type: 'boolean', default: false },
    restarts: { type: 'string' },
    for: { type: 'string', default: '75' },
    cold: { type: 'string' },
    world: { type: 'boolean', default: false },
  },
});

const whole = (name: 'rotations' | 'streams' | 'streams-per-connection' | 'restarts' | 'for' | 'cold'): number => {
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
  if (values.restarts !== undefined)
    return new RestartLoop({ processes: whole('restarts'), lastS: whole('for') }).run();
  if (values.cold !== undefined) return coldStart(whole('cold'));
  return soakRotations();
};

if (values.world) await runWorld(whole('streams'));
else process.exitCode = (await soak()) ? 0 : 1;
