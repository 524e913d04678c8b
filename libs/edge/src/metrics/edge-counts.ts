/** What happened to messages; plain numbers, because they are raised once per message. */
export interface EdgeCounts {
  /** Messages taken from the bus. */
  messages: number;
  /** Messages times the clients they went to. */
  deliveries: number;
  /** Letters of these and of everything else that was sent to clients. */
  sentBytes: number;
  /** Messages that a client was not sent because a newer one took their place. */
  conflated: number;
  /** Messages that waited for clients to read what had gone out before them in the same turn of the loop. */
  heldBack: number;
  /** Frames rebuilt for Binance clients. */
  renditions: number;
  /** Of a term that is over, or seen before. */
  discarded: number;
  /** Lost between the upstream and this edge. */
  lost: number;
  /** Missed, and had from the upstream or another edge: not among the lost. */
  fetched: number;
  /** Texts on a stream's channel that are none of its events: dropped. */
  unreadable: number;
  /** Arrays of which a part was lost, so that clients of Binance's wire got none of it. */
  brokenArrays: number;
  /** Times a native client read too slowly for what was live, and was given what was kept instead. */
  fellBehind: number;
  /** Diffs that took clients of Binance's wire over missing ones to a book. */
  bridges: number;
  /** Names of no stream that clients of Binance's wire asked for, and were not refused. */
  silentNames: number;
  /** Ranges that the upstream and other edges were asked for because clients came back to more than is kept here. */
  rangesAsked: number;
  /** Clients that came back and waited for what was asked for another one. */
  rangesShared: number;
}

export const newEdgeCounts = (): EdgeCounts => ({
  messages: 0,
  deliveries: 0,
  sentBytes: 0,
  conflated: 0,
  heldBack: 0,
  renditions: 0,
  discarded: 0,
  lost: 0,
  fetched: 0,
  unreadable: 0,
  brokenArrays: 0,
  fellBehind: 0,
  bridges: 0,
  silentNames: 0,
  rangesAsked: 0,
  rangesShared: 0,
});
