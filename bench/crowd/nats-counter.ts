import type { Buffer } from 'node:buffer';

const MESSAGE = 'MSG ';

/**
 * Counts the messages that NATS sends: `MSG <subject> <id> <bytes>`, a line end, so many bytes and another line end. One frame
 * holds several, and one may lie across two.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class NatsCounter {
  messages = 0;
  private line = '';
  private left = 0;

  take(bytes: Buffer, from: number, end: number): void {
    for (let at = from; at < end;) {
      if (this.left > 0) {
        const step = Math.min(this.left, end - at);
        this.left -= step;
        at += step;
        if (this.left === 0) this.messages += 1;
        continue;
      }
      const lineEnd = bytes.indexOf('\n', at);
      const stop = lineEnd < 0 || lineEnd >= end ? end : lineEnd + 1;
      this.line += bytes.toString('latin1', at, stop);
      at = stop;
      if (this.line.endsWith('\n')) this.endLine();
    }
  }

  private endLine(): void {
    if (this.line.startsWith(MESSAGE)) this.left = Number(this.line.trimEnd().split(' ').at(-1)) + 2;
    this.line = '';
  }
}
