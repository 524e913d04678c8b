import type { Bus, Subscription } from '#libs/bus';
import { type Clock, type Millis, stamp } from '#libs/core';
import { PRESENT_EVERY_MS, type Page, fieldsOf, numberIn, readPresence, textIn } from '#libs/page';
import type { PageDesk, PageShown } from './page-desk.js';

/** On which processes say how they are, and are asked for their page. */
const PRESENT = 'holdfast:present';
const ASKED = 'holdfast:page';

/** Who has not answered by then does not. */
const ANSWER_WITHIN_MS: Millis = 3_000;

/** Tells the other processes on the bus how this one is, and hears how they are: any page shows them all. */
export class Neighbours {
  private subscriptions: Subscription[] = [];
  private toldAt: Millis = -Infinity;

  constructor(
    private readonly bus: Bus,
    private readonly desk: PageDesk,
    private readonly clock: Clock,
  ) {}

  start(): void {
    // On a memory bus there is nobody else.
    if (!this.bus.isShared) return;
    const { messages, ask } = this.bus;
    this.subscriptions = [
      messages.subscribe(PRESENT, (text) => this.heard(text)),
      ask.answer(ASKED, (question) => this.answer(question)),
    ];
  }

  /** To be called each second. */
  tick(): void {
    const now = this.clock.now();
    this.desk.processes.forget(now);
    if (!this.bus.isShared || now - this.toldAt < PRESENT_EVERY_MS) return;
    this.toldAt = now;
    this.bus.messages.publish(PRESENT, JSON.stringify(this.desk.presence()));
  }

  stop(): void {
    for (const subscription of this.subscriptions) subscription.end();
    if (this.bus.isShared) this.bus.messages.publish(PRESENT, JSON.stringify({ gone: this.desk.id }));
  }

  /** What another process shows; undefined where it does not answer. */
  ask(of: string, after: number | undefined): Promise<PageShown | undefined> {
    return new Promise((resolve) => {
      this.bus.ask.ask(ASKED, { of, after: after ?? null }, ANSWER_WITHIN_MS, (answer) => resolve(readShown(answer)));
    });
  }

  private heard(text: string): void {
    const presence = readPresence(text);
    if (!presence) return;
    if ('gone' in presence) this.desk.processes.gone(presence.gone);
    else this.desk.processes.note(presence, this.clock.now(), stamp(this.clock));
  }

  private answer(question: unknown): PageShown | undefined {
    const fields = fieldsOf(question);
    return textIn(fields, 'of') === this.desk.id ? this.desk.show(numberIn(fields, 'after') ?? undefined) : undefined;
  }
}

/** A page of our own release, as far as can be told. */
function readShown(answer: unknown): PageShown | undefined {
  const { page, hour } = fieldsOf(answer);
  const isPage = textIn(fieldsOf(fieldsOf(page)['identity']), 'id') !== null && Array.isArray(fieldsOf(hour)['at']);
  return isPage ? { page: page as Page, hour: hour as PageShown['hour'] } : undefined;
}
