import { expect, it } from 'vitest';
import type { ClientLimits, FeedEvent, StreamEvent } from '#libs/core';
import { trade } from '../../../../test/support/series-rig.js';
import { WantedStreams } from './wanted-streams.js';

const STREAM = 'btcusdt@trade';
const LIMITS: ClientLimits = {
  commandsPerSecond: 50,
  streams: 1_024,
  messageBytes: 65_536,
  namesPerCommand: 4_096,
  lastEvents: 100,
};

const at = (seq: number): StreamEvent => ({ ...trade(seq), stream: STREAM, epoch: 1, seq });
const state = (seq: number, of: FeedEvent['state']): FeedEvent => ({
  type: 'feed',
  stream: STREAM,
  epoch: 1,
  seq,
  state: of,
  since: 1,
  cause: 'resumed',
  by: 'upstream',
});

it('takes the state that is told behind what was missed for a repetition where it came among that, and another one for news', () => {
  const wanted = new WantedStreams();
  wanted.want(STREAM);
  wanted.next(LIMITS);
  wanted.subscribed([STREAM], { [STREAM]: { epoch: 1, seq: 5 } });
  expect(wanted.accept(at(6))).toBe('news');
  wanted.disconnected();
  wanted.next(LIMITS);
  wanted.subscribed([STREAM], { [STREAM]: { epoch: 1, seq: 8 } }, { [STREAM]: true });
  expect([state(7, 'live'), at(8), state(7, 'live')].map((event) => wanted.accept(event))).toEqual([
    'news',
    'news',
    'repeat',
  ]);
  expect(wanted.accept(state(7, 'stale'))).toBe('news');
});
