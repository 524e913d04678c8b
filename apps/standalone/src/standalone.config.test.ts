import { expect, it } from 'vitest';
import { SettingsError } from '#libs/runtime';
import { readStandaloneConfig } from './standalone.config.js';

it('refuses to stand by for others whom it cannot reach', () => {
  const without = { HOLDFAST_STANDBY: 'yes' };
  expect(() => readStandaloneConfig(without)).toThrow(SettingsError);
  expect(() => readStandaloneConfig(without)).toThrow(/HOLDFAST_REDIS_URL is not set/);
  const { upstream } = readStandaloneConfig({ ...without, HOLDFAST_REDIS_URL: 'redis://localhost' });
  expect([upstream.standby, upstream.leaseMs]).toEqual([true, 2_000]);
});
