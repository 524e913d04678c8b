import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Ledger, StrictCheck, type Truth, type Watcher } from '#libs/drill';
import { faultsByStream } from '../faults-by-stream.js';
import { until } from '../until.js';
import { type DiffPayload, FetchedOnce, type KeptBook, ToldBook } from './kept-book.js';
import type { ClientUrls, Line } from './lines.js';
import type { Program } from './programs.js';

/** Of what it says and should not. */
const MOST_TROUBLES = 20;

const DIFFS = '@depth@100ms';

/** A program for Binance in a process of its own, and all that it has seen. */
export class ClientProgram implements Watcher {
  readonly protocol = 'combined';
  readonly name: string;
  readonly streams: readonly string[];
  readonly ledger = new Ledger();
  readonly check: StrictCheck;
  /** What it complained of, or what it said otherwise than it should: a log line of a library is a complaint. */
  readonly troubles: string[] = [];
  messages = 0;
  lost: string | undefined;
  private readonly counts = new Map<string, number>();
  private readonly answered = new Set<string>();
  private readonly books = new Map<string, KeptBook>();
  private child: ChildProcess | undefined;

  constructor(
    private readonly program: Program,
    private readonly urls: ClientUrls,
    private readonly truth: Truth,
  ) {
    this.name = program.name;
    this.streams = program.streams;
    this.check = new StrictCheck(program.name, truth);
  }

  /** Resolves when the process is there; what it lacks then, `lacks` says. */
  async start(): Promise<void> {
    const [command = '', ...args] = await this.program.command(this.urls);
    // The official connector logs every connection otherwise.
    const child = spawn(command, args, { env: { ...process.env, LOG_LEVEL: 'warn' } });
    this.child = child;
    child.on('exit', (code, signal) => this.trouble(`ended with ${code ?? signal}`));
    createInterface({ input: child.stdout }).on('line', (text) => this.read(text));
    createInterface({ input: child.stderr }).on('line', (text) => this.trouble(text));
    await once(child, 'spawn');
  }

  /** Its standard input ends, and so does it; what does not is killed. */
  async stop(): Promise<void> {
    await this.end();
    await this.program.clear?.();
  }

  /** What it should have by now and has not: messages of a stream, an answer. */
  lacks(): string[] {
    return [
      ...this.streams.filter((stream) => !this.counts.has(stream)).map((stream) => `nothing on ${stream}`),
      ...this.program.answers.filter((answer) => !this.answered.has(answer)).map((answer) => `no answer to ${answer}`),
      ...this.program.books.flatMap((symbol) => this.verdict(symbol, 0) ?? []),
    ].map((what) => `${this.name}: ${what}`);
  }

  /**
   * Everything that it has to complain of, in words; waits until each of its streams has gone on from here, and its books are whole.
   *
   * @param newest The update id of a symbol's book now.
   */
  async complaints(newest: (symbol: string) => number): Promise<string[]> {
    const { program } = this;
    const before = new Map(this.counts);
    const idle = (): string[] =>
      program.streams.filter((stream) => (this.counts.get(stream) ?? 0) <= (before.get(stream) ?? 0));
    const wanted = program.books.map((symbol) => ({ symbol, atLeast: newest(symbol) }));
    const verdicts = (): string[] => wanted.flatMap(({ symbol, atLeast }) => this.verdict(symbol, atLeast) ?? []);
    await until(() => idle().length === 0 && verdicts().length === 0, { deadlineMs: 15_000 }).catch(() => undefined);
    return [
      ...this.troubles,
      ...faultsByStream(this),
      ...idle().map((stream) => `${this.name}: nothing more on ${stream}`),
      ...verdicts().map((verdict) => `${this.name}: ${verdict}`),
    ];
  }

  private async end(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.removeAllListeners('exit');
    const exited = once(child, 'exit');
    child.stdin?.end();
    await until(() => child.exitCode !== null || child.signalCode !== null).catch(() => child.kill('SIGKILL'));
    await exited;
  }

  private verdict(symbol: string, atLeast: number): string | undefined {
    const book = this.books.get(symbol);
    const problem = book ? book.verdict(this.truth, atLeast) : 'none';
    return problem && `book of ${symbol}: ${problem}`;
  }

  private read(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      return this.trouble(text);
    }
    if ('stream' in line) this.take(line);
    else if ('answered' in line) this.answered.add(line.answered);
    else if ('snapshot' in line) this.fetchedOf(symbolOf(line.snapshot)).takeSnapshot(line.data, line.limit);
    else if ('book' in line) this.books.set(line.book, new ToldBook(line));
    else this.trouble('trouble' in line ? line.trouble : text);
  }

  private take({ stream, data }: Extract<Line, { stream: string }>): void {
    this.messages += 1;
    this.counts.set(stream, (this.counts.get(stream) ?? 0) + 1);
    this.ledger.payload(stream, data);
    this.check.payload(stream, data);
    if (stream.endsWith(DIFFS)) this.fetchedOf(symbolOf(stream)).takeDiff(data as DiffPayload);
  }

  private fetchedOf(symbol: string): FetchedOnce {
    const known = this.books.get(symbol);
    if (known instanceof FetchedOnce) return known;
    const book = new FetchedOnce(symbol);
    this.books.set(symbol, book);
    return book;
  }

  private trouble(what: string): void {
    if (this.troubles.length < MOST_TROUBLES) this.troubles.push(`${this.name}: ${what}`);
  }
}

const symbolOf = (stream: string): string => (stream.split('@')[0] ?? '').toUpperCase();
