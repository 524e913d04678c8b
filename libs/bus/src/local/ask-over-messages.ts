import { randomUUID } from 'node:crypto';
import type { Cancel, Clock, Millis, Topic } from '#libs/core';
import type { Ask } from '../ports/ask.js';
import type { Deliver, Subscription } from '../ports/messages.js';
import { Answering, type AnsweringParts } from './answering.js';
import { decodeQuestion, decodeReply, encodeQuestion, replyTopic } from './ask-wire.js';

/** What asking needs of a bus's messages. */
export interface AskPorts extends AnsweringParts {
  subscribe(topic: Topic, deliver: Deliver): Subscription;
  /** The channel on which this process hears answers; absent `ready` means that it stands at once. */
  listen(topic: Topic, deliver: Deliver): { readonly ready?: Promise<void> };
  clock: Clock;
}

interface WaitingQuestion {
  answered: (answer: unknown) => void;
  cancelTimer: Cancel;
}

/** More questions than this at once, and the newest goes unasked: it gets no answer, as if nobody had one. */
const MOST_WAITING = 10_000;

/** Asks and answers over a bus's messages; both adapters use it, so that there is one wire. */
export class AskOverMessages implements Ask {
  private readonly replies = replyTopic(randomUUID());
  private readonly waiting = new Map<number, WaitingQuestion>();
  private lastId = 0;
  /** Absent once answers are heard; until then nothing is asked. */
  private silent: Promise<void> | undefined;

  constructor(private readonly ports: AskPorts) {
    this.silent = ports.listen(this.replies, (text) => this.heard(text)).ready;
    void this.silent?.then(() => {
      this.silent = undefined;
    });
  }

  ask(topic: Topic, question: unknown, withinMs: Millis, answered: (answer: unknown) => void): Cancel {
    const { clock, counts } = this.ports;
    const id = ++this.lastId;
    if (this.waiting.size >= MOST_WAITING) {
      counts.unasked += 1;
      return clock.after(0, () => answered(undefined));
    }
    const text = encodeQuestion({ id, to: this.replies, ask: question });
    const cancelTimer = clock.after(withinMs, () => this.take(id)?.answered(undefined));
    this.waiting.set(id, { answered, cancelTimer });
    this.send(id, topic, text);
    return () => void this.take(id);
  }

  answer(topic: Topic, respond: (question: unknown) => unknown): Subscription {
    const answering = new Answering(respond, this.ports);
    const subscription = this.ports.subscribe(topic, (text) => {
      const question = decodeQuestion(text);
      if (question) answering.asked(question);
      else this.notUnderstood();
    });
    return {
      ...subscription,
      end: () => {
        subscription.end();
        answering.stop();
      },
    };
  }

  /** Nobody waits for anything any more; nothing more is called. */
  stop(): void {
    for (const id of this.waiting.keys()) this.take(id);
  }

  private send(id: number, topic: Topic, text: string): void {
    const publish = (): void => {
      if (this.waiting.has(id)) this.ports.publish(topic, text);
    };
    if (this.silent) void this.silent.then(publish);
    else publish();
  }

  private heard(text: string): void {
    const reply = decodeReply(text);
    if (!reply) return this.notUnderstood();
    this.take(reply.id)?.answered(reply.answer);
  }

  private take(id: number): WaitingQuestion | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.cancelTimer();
    return waiting;
  }

  private notUnderstood(): void {
    this.ports.counts.notUnderstood += 1;
  }
}
