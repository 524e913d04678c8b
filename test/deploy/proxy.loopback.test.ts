import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { Simulator } from '#libs/simulator';
import { assertBuilt } from '../support/built.js';
import { BareClient } from '../support/bare-client.js';
import { ConnectProxy } from '../support/connect-proxy.js';
import { until } from '../support/until.js';
import { runRole } from './run-role.js';

beforeAll(assertBuilt);

it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'HOLDFAST_UPSTREAM_PROXY'])(
  'a process that is told %s gets its data through that proxy',
  async (name) => {
    const simulator = await Simulator.start({ pace: 20 });
    onTestFinished(() => simulator.stop());
    const proxy = await ConnectProxy.start(Number(new URL(simulator.wsUrl).port));
    onTestFinished(() => proxy.stop());
    const { output, urlOf } = runRole('standalone', {
      HOLDFAST_UPSTREAM_WS_URL: 'ws://binance.example',
      [name]: `http://user:s3cret@127.0.0.1:${proxy.port}`,
    });
    const client = new BareClient(`${await urlOf('edge')}/ws/btcusdt@trade`);
    onTestFinished(() => client.end());
    await until(() => client.texts.length > 0);
    expect(proxy.asked[0]?.authority).toBe('binance.example:80');
    expect(output()).toContain(`binance.example through 127.0.0.1:${proxy.port}`);
    expect(output()).not.toContain('s3cret');
  },
);

it.each(['HTTPS_PROXY', 'HOLDFAST_UPSTREAM_PROXY'])(
  'a process ends with 78 when %s is no proxy that it can use',
  async (name) => {
    const { exit, output } = runRole('standalone', {
      HOLDFAST_UPSTREAM_WS_URL: 'wss://binance.example',
      [name]: 'socks5://user:s3cret@h:1080',
    });
    expect(await exit).toBe(78);
    expect(output()).toMatch(new RegExp(`^${name} is set, [^\\n]*HOLDFAST_UPSTREAM_PROXY=none[^\\n]*\\n$`));
    expect(output()).not.toContain('s3cret');
  },
);
