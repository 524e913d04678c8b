import { until } from '../until.js';
import { WsClient } from '../ws-client.js';
import { type PageScene, WITHIN, readPage, reads, says, seldom } from './scene.js';
import { aloneStage, twoRolesStage } from './stage.js';
import { WATCH_SCENES } from './watch-scenes.js';

const OPS_SCENES: readonly PageScene[] = [
  {
    name: 'calm',
    says: 'nothing happens',
    begin: aloneStage,
    at: 'reading',
    strike: async (stage) => void (await reads(stage, /"rate":[1-9]/)),
    shows: [/All is well/, /no drop, 0 ids lost, 0 filled/],
    tab: /✓ well/,
  },
  {
    name: 'binance-closes',
    says: 'Binance closes the connection with 1000',
    begin: aloneStage,
    at: 'reading',
    strike: async (stage) => {
      stage.simulator.strike({ name: 'close', code: 1000 });
      await reads(stage, /Binance closed connection 1 \(1000\)[^}]*data again after/);
      await reads(stage, /"health":"well"/);
    },
    shows: [
      /All is well/,
      /1 drop by Binance, 0 ids lost/,
      /Binance closed connection 1 \(1000\)/,
      /0 ids lost, \d+ filled/,
    ],
    tab: /✓ well/,
  },
  {
    name: 'several',
    says: 'Binance closes twice, the network cuts once, and two new connections are refused',
    begin: aloneStage,
    at: 'reading',
    strike: async (stage) => {
      const { simulator } = stage;
      simulator.strike({ name: 'close', code: 1000 });
      await reads(stage, /1 drop by Binance/);
      await reads(stage, /"state":"live","streams":4/);
      simulator.strike({ name: 'cut-mid-utf8' });
      await reads(stage, /1 by the network/);
      await reads(stage, /"state":"live","streams":4/);
      simulator.script([{ refuse: { status: 503 } }, { refuse: { status: 503 } }]);
      simulator.strike({ name: 'close', code: 1008, reason: 'Pong timeout' });
      await reads(stage, /3 drops \(2 by Binance, 1 by the network\), 2 attempts to connect failed/);
      await reads(stage, /"health":"well"/);
    },
    shows: [
      /All is well/,
      /3 drops \(2 by Binance, 1 by the network\), 2 attempts to connect failed, all by Binance, 0 ids lost/,
    ],
    tab: /✓ well/,
  },
  {
    name: 'network-cuts',
    says: 'TCP is cut in the middle of a frame',
    begin: aloneStage,
    at: 'reading',
    strike: async (stage) => {
      stage.simulator.strike({ name: 'cut-mid-frame' });
      await reads(stage, /The network cut connection 1[^}]*data again after/);
      await reads(stage, /"health":"well"/);
    },
    shows: [/All is well/, /1 drop by the network, 0 ids lost/, /The network cut connection 1/],
    tab: /✓ well/,
  },
  {
    name: 'binance-refuses',
    says: 'Binance closes the connection, and refuses every new one with HTTP 503',
    begin: aloneStage,
    at: 'reading',
    strike: async (stage) => {
      stage.simulator.strike({ name: 'refuse', status: 503, forMs: 120_000 });
      stage.simulator.strike({ name: 'close', code: 1001, reason: 'maintenance' });
      await reads(stage, /refused an attempt to connect \(HTTP 503\), \d times/);
      await reads(stage, /"health":"(?:impaired|down)"/);
    },
    shows: [
      /Clients stay connected, but not all is well/,
      /Binance: 1 of 1 not open/,
      /Binance closed connection \d \(1001, “maintenance”\)/,
      /Binance refused an attempt to connect \(HTTP 503\)/,
      /next attempt/,
    ],
    tab: /⚠ impaired/,
  },
  {
    name: 'ids-lost',
    says: 'seven trades get lost on the way, and the REST API that has them is dead',
    begin: () => aloneStage({ HOLDFAST_FILL_WAIT_MS: '2000' }),
    at: 'reading',
    strike: async (stage) => {
      stage.simulator.strike({ name: 'rest-reset', forMs: 120_000 });
      stage.simulator.strike({ name: 'drop-frames', stream: 'btcusdt@trade', count: 7 });
      await reads(stage, /btcusdt@trade lost \d+ to \d+ for good/);
    },
    shows: [
      /no drop, 7 ids lost/,
      /btcusdt@trade lost \d+ to \d+ for good: no connection brought it, and it could not be fetched/,
    ],
    tab: /well|impaired/,
  },
  {
    name: 'frame-broken',
    says: 'Binance sends a frame that is not UTF-8, and one with a field that nobody knows',
    begin: aloneStage,
    at: 'reading',
    strike: async (stage) => {
      stage.simulator.strike({ name: 'bad-utf8', stream: 'ethusdt@trade' });
      stage.simulator.strike({ name: 'unknown-field', stream: 'btcusdt@trade' });
      await reads(stage, /could not be read/);
      await reads(stage, /something new/);
      await reads(stage, /"health":"well"/);
    },
    shows: [
      /1 frame could not be read/,
      /Binance sent 1 frame.* that could not be read \(bad-utf8\)/,
      /Binance sent something new/,
    ],
    tab: /✓ well/,
  },
  {
    name: 'client-slow',
    says: 'a client stops reading',
    begin: () => aloneStage({ HOLDFAST_MAX_CLIENT_BACKLOG_BYTES: '262144' }),
    at: 'serving',
    strike: async (stage) => {
      const { url } = stage.clients[0]?.socket ?? { url: '' };
      const slow = await WsClient.open(url, { headers: { 'user-agent': 'sleepy-notebook/0.1' } });
      stage.clients.push(slow);
      slow.socket.pause();
      // Not faster than the gateway takes it: nobody but that client is to suffer.
      const burst = seldom(async () => {
        stage.simulator.strike({ name: 'burst', symbol: 'BTCUSDT', count: 700 });
        return (await readPage(stage.serving.opsUrl)).gone.length > 0;
      });
      await until(burst, WITHIN);
      await says(stage.serving.opsUrl, /was closed: read too slowly/);
    },
    shows: [
      /1 client closed as too slow/,
      /Client 4 \(sleepy-notebook\/0\.1\) was closed: read too slowly/,
      /no other client was touched/,
    ],
    tab: /✓ well/,
  },
  {
    name: 'redis-dies',
    says: 'Redis is killed',
    begin: twoRolesStage,
    at: 'reading',
    strike: async (stage) => {
      await reads(stage, /"role":"edge"[^}]*"live":4/);
      await stage.redis?.kill();
      await reads(stage, /Redis at [^"]* does not carry messages/);
      await reads(stage, /"health":"down"/);
    },
    shows: [/Not ready/, /Redis: Redis at .* does not carry messages/, /Redis away (?:\d times, )?for/],
    tab: /✗ down/,
  },
  {
    name: 'upstream-dies',
    says: 'the upstream is cut off from Redis, as if it had died; somebody looks at the edge',
    begin: twoRolesStage,
    at: 'serving',
    strike: async (stage) => {
      await says(stage.serving.opsUrl, /"hearing":"heard"/);
      stage.wayOfUpstream?.behave({ isCut: true });
      await says(stage.serving.opsUrl, /"hearing":"silent"/);
      await says(stage.serving.opsUrl, /Upstream/);
    },
    shows: [
      /Clients stay connected, but not all is well/,
      /Upstream: /,
      /no upstream heard (?:\d times, )?for/,
      /upstream .*not heard for/s,
    ],
    tab: /✗ down/,
  },
];

export const SCENES: readonly PageScene[] = [...OPS_SCENES, ...WATCH_SCENES];
