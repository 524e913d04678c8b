/** Opcodes up to this one carry data: continuation, text, binary. */
const LAST_DATA_OPCODE = 0x2;
const PING = 0x9;

/** Reads what data frames carry. */
interface PayloadCounter {
  messages: number;
  take(chunk: Buffer, from: number, end: number): void;
}

/** Longest header of an unmasked WebSocket frame: two bytes and an eight-byte length. */
const LONGEST_HEADER = 10;

/**
 * Counts WebSocket frames in the bytes a server sends, however the network cut them, by reading headers only.
 * Payloads are skipped, so that the load client costs its core as little as possible.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export class FrameCounter {
  /** Text and binary frames, or the messages in them, counted when their last byte has come; may be set to zero. */
  data = 0;
  /** Text and binary frames since the beginning. */
  everything = 0;
  /** The same of pings; pongs and closes are passed over. */
  pings = 0;
  /** What the last ping said: it is to be answered with that. */
  lastPing: Buffer = Buffer.alloc(0);

  private payloadLeft = 0;
  private readonly header = Buffer.alloc(LONGEST_HEADER);
  private headerLength = 0;
  private opcode = 0;

  /** @param inside counts instead, where a frame is not a message. */
  constructor(private readonly inside?: PayloadCounter) {}

  /** Takes the bytes of `chunk` from `from` up to, not including, `end`; of pings alone the payload is kept. */
  take(chunk: Buffer, from: number, end: number): void {
    let at = from;
    while (at < end) {
      if (this.payloadLeft === 0) {
        this.header[this.headerLength] = chunk[at] ?? 0;
        this.headerLength += 1;
        at += 1;
        if (this.headerLength < 2 || this.headerLength < this.wholeHeader()) continue;
        this.beginPayload();
        continue;
      }
      const step = Math.min(this.payloadLeft, end - at);
      if (this.opcode === PING) this.lastPing = Buffer.concat([this.lastPing, chunk.subarray(at, at + step)]);
      if (this.opcode <= LAST_DATA_OPCODE && this.inside) this.countInside(this.inside, chunk, at, at + step);
      at += step;
      this.payloadLeft -= step;
      if (this.payloadLeft === 0) this.count();
    }
  }

  private wholeHeader(): number {
    const short = (this.header[1] ?? 0) & 0x7f;
    return short === 127 ? LONGEST_HEADER : short === 126 ? 4 : 2;
  }

  private beginPayload(): void {
    const size = this.headerLength;
    this.opcode = (this.header[0] ?? 0) & 0x0f;
    this.headerLength = 0;
    if (this.opcode === PING) this.lastPing = Buffer.alloc(0);
    if (size === 2) this.payloadLeft = (this.header[1] ?? 0) & 0x7f;
    else if (size === 4) this.payloadLeft = this.header.readUInt16BE(2);
    else this.payloadLeft = Number(this.header.readBigUInt64BE(2));
    if (this.payloadLeft === 0) this.count();
  }

  private count(): void {
    if (this.opcode === PING) this.pings += 1;
    if (this.opcode > LAST_DATA_OPCODE) return;
    this.everything += 1;
    if (!this.inside) this.data += 1;
  }

  private countInside(inside: PayloadCounter, chunk: Buffer, from: number, end: number): void {
    const before = inside.messages;
    inside.take(chunk, from, end);
    this.data += inside.messages - before;
  }
}
