import type { Service } from '#libs/runtime';
import type { Neighbours } from './neighbours.js';
import type { Observer } from './observer.js';
import type { Watchers } from './watchers.js';

/** The operators' page, and what it remembers: started after the bus, stopped before it. */
export class OpsPage implements Service {
  readonly name = 'page';

  constructor(
    private readonly observer: Observer,
    private readonly neighbours: Neighbours,
    private readonly watchers: Watchers,
  ) {}

  async start(): Promise<void> {
    await this.observer.look();
    this.neighbours.start();
    this.neighbours.tick();
    this.observer.start(() => {
      this.neighbours.tick();
      this.watchers.tick();
    });
  }

  stop(): Promise<void> {
    this.observer.stop();
    this.neighbours.stop();
    this.watchers.stop();
    return Promise.resolve();
  }
}
