import { type Behaviour, TcpPath } from './tcp-path.js';

/** Makes Redis answer with an error in the place of the command, so that answers keep their order. */
const REFUSAL = 'return redis.error_reply(ARGV[1])';

/** Commands, in capitals, and what Redis says instead of doing them: `{ PUBLISH: 'BUSY …' }`. */
export type Refusals = Readonly<Record<string, string>>;

/** A way to a Redis that is as unwilling as it is told to be, at any time: the path misbehaves, or Redis refuses commands. */
export class RedisProxy {
  /** How often each command was refused. */
  readonly refused = new Map<string, number>();
  private refusals: Refusals = {};
  private path!: TcpPath;

  private constructor() {}

  static async start(port: number): Promise<RedisProxy> {
    const proxy = new RedisProxy();
    proxy.path = await TcpPath.lay(port, () => proxy.newRequests());
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.path.nearPort}`;
  }

  behave(behaviour: Behaviour): void {
    this.path.behave(behaviour);
  }

  /** From now on it is the way to the Redis at this port, as after a failover. */
  leadTo(port: number): void {
    this.path.leadTo(port);
  }

  reset(): void {
    this.path.reset();
  }

  /**
   * From now on these commands are refused, and no others. On a connection that subscribes already, Redis refuses in words of its own:
   * it may only subscribe there.
   */
  refuse(refusals: Refusals): void {
    this.refusals = refusals;
  }

  stop(): Promise<void> {
    return this.path.remove();
  }

  /** Reads what one connection asks for; what is not whole yet waits for its rest. */
  private newRequests(): (bytes: Buffer) => Buffer {
    let rest: Buffer = Buffer.alloc(0);
    return (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      const requests: Buffer[] = [];
      for (let request = readRequest(rest); request; request = readRequest(rest)) {
        requests.push(this.judge(request));
        rest = rest.subarray(request.bytes.length);
      }
      return Buffer.concat(requests);
    };
  }

  private judge({ command, bytes }: Request): Buffer {
    const words = this.refusals[command];
    if (words === undefined) return bytes;
    this.refused.set(command, (this.refused.get(command) ?? 0) + 1);
    return requestOf('EVAL', REFUSAL, '0', words);
  }
}

interface Request {
  /** Its first word, in capitals. */
  command: string;
  bytes: Buffer;
}

/** The first whole request: `*<count>` and as many `$<length>` with their bytes, each line ended by CR LF. */
function readRequest(bytes: Buffer): Request | undefined {
  const count = readLine(bytes, 0, '*');
  if (!count) return undefined;
  let { next } = count;
  let command = '';
  for (let word = 0; word < count.value; word += 1) {
    const length = readLine(bytes, next, '$');
    if (!length || bytes.length < length.next + length.value + 2) return undefined;
    if (word === 0) command = bytes.toString('latin1', length.next, length.next + length.value).toUpperCase();
    next = length.next + length.value + 2;
  }
  return { command, bytes: bytes.subarray(0, next) };
}

function readLine(bytes: Buffer, from: number, mark: '*' | '$'): { value: number; next: number } | undefined {
  const end = bytes.indexOf('\r\n', from);
  if (end === -1) return undefined;
  const line = bytes.toString('latin1', from, end);
  if (!line.startsWith(mark)) throw new Error(`Not a request as clients of Redis make it: ${line.slice(0, 50)}`);
  return { value: Number(line.slice(1)), next: end + 2 };
}

const requestOf = (...words: string[]): Buffer =>
  Buffer.from(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
