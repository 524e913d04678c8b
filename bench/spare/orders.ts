/** What the benchmark tells the process that sends frames. */
export interface SpareOrder {
  /** So many frames to the newest connection. */
  send: number;
}
