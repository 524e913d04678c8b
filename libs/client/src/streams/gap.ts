import type { FeedEvent, Millis, NotResumed, Place, StreamName } from '#libs/core';

/** What listeners are told who were served before, where the gateway cannot give them all that came since. */
export const gapOf = (stream: StreamName, behind: Place, since: Millis, reason: NotResumed | undefined): FeedEvent => ({
  type: 'feed',
  stream,
  ...behind,
  state: 'gap',
  since,
  cause: 'bus-lost',
  by: 'edge',
  message: `what came between the last connection and this one cannot be had${reason ? `: ${reason}` : ''}`,
});
