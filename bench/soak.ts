import { parseArgs } from 'node:util';
import { Soak } from './soak/soak.js';
import { runWorld } from './soak/world.js';

const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '1000' },
    streams: { type: 'string', default: '320' },
    'streams-per-connection': { type: 'string', default: '20' },
    faults: { type: 'boolean', default: false },
    world: { type: 'boolean', default: false },
  },
});

const whole = (name: 'rotations' | 'streams' | 'streams-per-connection'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} is ${values[name]}: expected a whole number above 0`);
  process.exit(64);
};

if (values.world) {
  await runWorld(whole('streams'));
} else {
  const soak = new Soak({
    rotations: whole('rotations'),
    streams: whole('streams'),
    streamsPerConnection: whole('streams-per-connection'),
    hasFaults: values.faults,
  });
  process.exitCode = (await soak.run()) ? 0 : 1;
}
