import { expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { SettingsError, UpstreamSettings } from '#libs/runtime';
import { checkUpstream } from './check-settings.js';

const complaints = (given: Partial<UpstreamSettings>): string[] => {
  try {
    checkUpstream(Object.assign(new UpstreamSettings(), given), spot);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.lines;
    throw error;
  }
};

it('what is no proxy is refused, once, also where only REST goes through it', () => {
  const [wsUrl, httpsProxy] = ['ws://127.0.0.1:9543', 'socks5://proxy:1080'];
  expect(complaints({ httpsProxy })).toEqual([expect.stringMatching(/^HTTPS_PROXY is set/)]);
  expect(complaints({ httpsProxy, wsUrl })).toEqual([expect.stringMatching(/^HTTPS_PROXY is set/)]);
  expect(complaints({ httpsProxy, wsUrl, restUrl: 'http://127.0.0.1:9543' })).toEqual([]);
});
