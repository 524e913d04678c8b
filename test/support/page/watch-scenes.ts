import { type PageScene, reads } from './scene.js';
import { aloneStage } from './stage.js';

/** All streams that a newcomer is shown are live. */
const ALL_LIVE = /3 of 3 streams live/;
/** A trade has come, so that one is missed, and the candles before it was opened: REST has nothing to answer any more. */
const ALL_THERE = /3 of 3 streams live[^]*all [\d,]+ came[^]*\d\d candles; the newest/;

export const WATCH_SCENES: readonly PageScene[] = [
  {
    name: 'watch',
    says: 'somebody opens the bare address of a gateway',
    begin: aloneStage,
    at: 'streams',
    strike: () => Promise.resolve(),
    shows: [
      ALL_LIVE,
      /connected to 127\.0\.0\.1/,
      /Ids\s+\d+ to \d+: all \d+ came/,
      /\bbuy\b/,
      /spread \d/,
      /candles?; the newest is/,
      /no gap announced/,
    ],
    tab: /✓ 3 of 3 live/,
  },
  {
    name: 'watch-drop',
    says: 'Binance closes the connection and refuses the next two; a page watches streams',
    begin: aloneStage,
    at: 'streams',
    before: ALL_LIVE,
    strike: ({ simulator }) => {
      // Long enough that trades are missing for certain.
      simulator.script([{ refuse: { status: 503 } }, { refuse: { status: 503 } }]);
      simulator.strike({ name: 'close', code: 1000 });
      return Promise.resolve();
    },
    shows: [
      /Live again after [\d.]+ s: \d+ missing events? fetched, each in its place/,
      /Recovering: the connection to Binance that carried it has ended/,
      /all [\d,]+ came/,
      ALL_LIVE,
    ],
    tab: /✓ 3 of 3 live/,
  },
  {
    name: 'watch-gap',
    says: 'seven trades get lost on the way, and the REST API that has them is dead; a page watches streams',
    begin: () => aloneStage({ HOLDFAST_FILL_WAIT_MS: '2000' }),
    at: 'streams',
    before: ALL_THERE,
    strike: async (stage) => {
      stage.simulator.strike({ name: 'rest-reset', forMs: 120_000 });
      stage.simulator.strike({ name: 'drop-frames', stream: 'btcusdt@trade', count: 7 });
      await reads(stage, /btcusdt@trade lost \d+ to \d+ for good/);
    },
    shows: [
      /Gap, told by the upstream: ids \d+ to \d+ will not come – /,
      /1 gap announced, 7 ids lost/,
      /[\d,]+ came, 7 ids did not/,
    ],
    tab: /✓ 3 of 3 live/,
  },
  {
    name: 'watch-lost',
    says: 'a page that watches streams is cut off from the gateway',
    begin: aloneStage,
    at: 'streams',
    before: ALL_LIVE,
    strike: (stage) => {
      stage.wayOfBrowser?.behave({ refuses: true });
      stage.wayOfBrowser?.reset();
      return Promise.resolve();
    },
    shows: [
      /The connection to the gateway is lost/,
      /gateway lost.*(?:next attempt in|connecting now)/,
      /it broke off/,
      /there is no connection to this gateway/,
    ],
    tab: /✗ gateway lost/,
    // In whatever state the browser's sockets are when they are cut: reset, closed, not connected yet.
    complaints: /WebSocket connection to .* failed|Failed to load resource: net::ERR_/,
  },
];
