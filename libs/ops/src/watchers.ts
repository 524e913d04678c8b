import type { ServerResponse } from 'node:http';
import type { Clock, Millis } from '#libs/core';
import { type Columns, type Page, changesBetween } from '#libs/page';
import type { Counter, Metrics } from '#libs/runtime';
import type { Neighbours } from './neighbours.js';
import type { PageDesk, PageShown } from './page-desk.js';

/** So many may watch at once: each costs a comparison of two pages a second. */
const MOST_WATCHERS = 20;

/** Another process is asked no more often. */
const ASK_EVERY_MS: Millis = 2_000;

/** Somebody who watches, and what he has been shown. */
interface PageWatcher {
  response: ServerResponse;
  /** The process that he watches, where it is not this one. */
  of: string | undefined;
  page: Page | undefined;
  sampleAt: number | undefined;
  askedAt: Millis;
  /** What was asked is not answered yet: the same samples must not come twice. */
  isAsking: boolean;
}

/** People who look at the page, each over server-sent events: the whole page first, then what has changed. */
export class Watchers {
  private readonly all = new Set<PageWatcher>();
  private readonly refused: Counter;

  constructor(
    private readonly desk: PageDesk,
    private readonly neighbours: Neighbours,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    const help = 'People who were not shown the operators’ page live, because so many looked at it already.';
    this.refused = metrics.counter({ name: 'holdfast_ops_watchers_refused_total', help });
    metrics.readGauge('holdfast_ops_watchers', 'People who look at the operators’ page now.', () => this.all.size);
  }

  /** Shows the page of a process from now on; false where there is no room, and nothing was said. */
  watch(response: ServerResponse, of: string | undefined): boolean {
    if (this.all.size >= MOST_WATCHERS) {
      this.refused.inc();
      return false;
    }
    const isOwn = of === undefined || of === this.desk.id;
    const watcher: PageWatcher = {
      response,
      of: isOwn ? undefined : of,
      page: undefined,
      sampleAt: undefined,
      askedAt: -Infinity,
      isAsking: false,
    };
    this.all.add(watcher);
    response.on('close', () => this.all.delete(watcher));
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    // Whose port this is: commands go to it, whosever page is shown.
    send(watcher, 'own', { id: this.desk.id });
    this.showTo(watcher);
    return true;
  }

  /** To be called each second. */
  tick(): void {
    for (const watcher of this.all) this.showTo(watcher);
  }

  stop(): void {
    for (const { response } of this.all) response.end();
  }

  private showTo(watcher: PageWatcher): void {
    // Who does not read is shown nothing more until he does; what has changed meanwhile comes together.
    if (watcher.response.writableNeedDrain) return;
    if (watcher.of === undefined) tell(watcher, this.desk.show(watcher.sampleAt));
    else void this.askFor(watcher, watcher.of);
  }

  private async askFor(watcher: PageWatcher, of: string): Promise<void> {
    const now = this.clock.now();
    if (watcher.isAsking || now - watcher.askedAt < ASK_EVERY_MS) return;
    watcher.askedAt = now;
    watcher.isAsking = true;
    const shown = await this.neighbours.ask(of, watcher.sampleAt);
    watcher.isAsking = false;
    if (!this.all.has(watcher)) return;
    if (shown) tell(watcher, shown);
    else send(watcher, 'unanswered', { of });
  }
}

function tell(watcher: PageWatcher, { page, hour }: PageShown): void {
  if (watcher.page) send(watcher, 'changes', changesBetween(watcher.page, page));
  else send(watcher, 'page', page);
  watcher.page = page;
  if (watcher.sampleAt === undefined || hour.at.length > 0) send(watcher, 'samples', hour);
  watcher.sampleAt = newestOf(hour) ?? watcher.sampleAt ?? 0;
}

const newestOf = ({ at }: Columns): number | undefined => at.at(-1);

const send = ({ response }: PageWatcher, event: string, data: unknown): void =>
  void response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
