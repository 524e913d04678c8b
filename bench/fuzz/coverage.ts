import { Session } from 'node:inspector/promises';

/** V8's own block coverage of the decoder: which pieces of its code have run, and whether a frame reached a new one. */
export class Coverage {
  private readonly session = new Session();
  private readonly seen = new Set<string>();

  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  /** How many blocks ran since the last call that had never run before. */
  async news(): Promise<number> {
    const before = this.seen.size;
    const { result } = await this.session.post('Profiler.takePreciseCoverage');
    for (const { url, functions } of result) {
      if (!url.includes('/libs/binance/')) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) this.seen.add(`${url}:${startOffset}-${endOffset}`);
        }
      }
    }
    return this.seen.size - before;
  }

  get blocks(): number {
    return this.seen.size;
  }

  async stop(): Promise<void> {
    await this.session.post('Profiler.stopPreciseCoverage');
    await this.session.post('Profiler.disable');
    this.session.disconnect();
  }
}
