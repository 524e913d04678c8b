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

it('names that are always on and do not exist are refused, each with what was expected', () => {
  const streams = ['BTCUSDT@trade', 'btcusdt@tradee', 'ethusdt@trade', '!ticker@arr'];
  expect(complaints({ streams })).toEqual([
    expect.stringMatching(/^HOLDFAST_STREAMS names .*"BTCUSDT@trade".*lower case/),
    expect.stringMatching(/^HOLDFAST_STREAMS names .*"btcusdt@tradee".*btcusdt@trade\b/),
    expect.stringMatching(/^HOLDFAST_STREAMS names .*!ticker@arr was retired/),
  ]);
});
