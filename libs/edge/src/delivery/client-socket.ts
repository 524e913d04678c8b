/** What a session needs of a WebSocket; a uWebSockets.js socket is one. It must not be touched after it has closed. */
export interface ClientSocket {
  send(text: string): unknown;
  ping(payload: string): unknown;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  cork(write: () => void): unknown;
  end(code: number, reason: string): unknown;
  /** Ends the connection without a word; what waits for the client is thrown away at once. */
  close(): unknown;
  getBufferedAmount(): number;
}
