import { randomUUID } from 'node:crypto';
import { stamp } from '#libs/core';
import {
  type Columns,
  type Page,
  type Presence,
  Processes,
  factsOf,
  identityOf,
  pageOf,
  presenceOf,
  sayHour,
} from '#libs/page';
import type { Access } from '#libs/runtime';
import type { Observer, ObserverParts } from './observer.js';

/** What is shown of one process. */
export interface PageShown {
  page: Page;
  /** Samples of its last hour. */
  hour: Columns;
}

/** Makes the page of this process, when somebody wants to see it. */
export class PageDesk {
  /** Unlike that of any other process. */
  readonly id = randomUUID();
  readonly processes = new Processes();

  constructor(
    private readonly parts: Pick<ObserverParts, 'clock' | 'ops'> & { access: Pick<Access, 'asksWho'> },
    private readonly observer: Observer,
  ) {}

  /** @param after samples up to this instant are known already. */
  show(after?: number): PageShown {
    const { ops, clock, access } = this.parts;
    const { hour, streams, attemptsLeft, ring } = this.observer;
    const now = clock.now();
    const at = stamp(clock, now);
    const sections = ops.readStatus();
    const looked = { at, troubles: ops.readTroubles(), behind: ops.readBehind(), counted: hour.counted };
    const page = pageOf({
      at,
      id: this.id,
      sections,
      hour,
      facts: factsOf(looked, sections),
      rates: streams.rates,
      attemptsLeft,
      processes: this.processes.read(this.presence(), now, at),
      commands: ops.readCommands(),
      asksToken: access.asksWho,
    });
    return { page, hour: ring.read(after) };
  }

  /** What other processes are told. */
  presence(): Presence {
    const { ops, clock } = this.parts;
    const { hour } = this.observer;
    const at = stamp(clock);
    const sections = { process: ops.readSection('process'), term: ops.readSection('term') };
    const identity = identityOf({ at, id: this.id, sections, hour });
    const isEdge = ops.readSection('served') !== undefined;
    return presenceOf(identity, hour.verdict, sayHour(hour, at), hour.counted, isEdge);
  }
}
