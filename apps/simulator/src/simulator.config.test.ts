import { expect, it } from 'vitest';
import { SettingsError } from '#libs/runtime';
import { UnknownFlagError, readSimulatorConfig, simulatorOptions, usage } from './simulator.config.js';

it('a flag goes before its variable, a variable before the default', () => {
  const config = readSimulatorConfig({ SIMULATOR_PORT: '1', SIMULATOR_SYMBOLS: '9' }, ['--port', '2', '--pace', '0.5']);
  expect(config).toMatchObject({ port: 2, symbols: 9, pace: 0.5, controlPort: 9544 });
});

it('a bad value is named with what was expected', () => {
  expect(() => readSimulatorConfig({}, ['--symbols', 'many'])).toThrow(SettingsError);
  expect(() => readSimulatorConfig({}, ['--symbols', 'many'])).toThrow(
    'SIMULATOR_SYMBOLS is "many": expected a number',
  );
});

it('a variable that is none is refused with the nearest one', () => {
  expect(() => readSimulatorConfig({ SIMULATOR_SYMBOL: '9', HOLDFAST_PORT: '1' }, [])).toThrow(
    /^SIMULATOR_SYMBOL is not a setting: did you mean SIMULATOR_SYMBOLS\?$/,
  );
});

it('an unknown flag is refused, and help shows every flag there is', () => {
  expect(() => readSimulatorConfig({}, ['--sybmols', '3'])).toThrow(UnknownFlagError);
  expect(readSimulatorConfig({}, ['--help'])).toBeUndefined();
  expect(usage()).toContain('--control-port');
});

it('a recording takes the place of the market', () => {
  const config = readSimulatorConfig({}, ['--replay', 'frames.jsonl', '--replay-speed', '10'])!;
  expect(simulatorOptions(config).replay).toEqual({ file: 'frames.jsonl', speed: 10 });
  expect(simulatorOptions(readSimulatorConfig({}, [])!)).not.toHaveProperty('replay');
});
