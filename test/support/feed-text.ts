import { type Epoch, type FeedEvent, type Seq, type StreamName, encode } from '#libs/core';

/** What an upstream says of a stream that goes on, as it stands on the bus; `more` says what is different. */
export const feedText = (stream: StreamName, epoch: Epoch, seq: Seq, more: Partial<FeedEvent> = {}): string =>
  encode({
    type: 'feed',
    stream,
    epoch,
    seq,
    state: 'live',
    since: 1,
    cause: 'resumed',
    by: 'upstream',
    ...more,
  });
