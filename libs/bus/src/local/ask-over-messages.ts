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
  /** A hash tag that is in the same part as a topic; empty where topics without one are; undefined while that part is away. */
  tagBeside?(topic: Topic): string | undefined;
  clock: Clock;
}

/** A channel on which this process hears answers. */
interface Replies {
  topic: Topic;
  /** Absent once answers are heard; until then nothing is asked. */
  silent: Promise<void> | undefined;
}

interface WaitingQuestion {
  answered: (answer: unknown) => void;
  cancelTimer: Cancel;
}

/** More questions than this at once, and the newest goes unasked: it gets no answer, as if nobody had one. */
const MOST_WAITING = 10_000;

/** Asks and answers over a bus's messages; both adapters use it, so that there is one wire. */
export class AskOverMessages implements Ask {
  private readonly process = randomUUID();
  /** By their tags. */
  private readonly replies = new Map<string, Replies>();
  private readonly waiting = new Map<number, WaitingQuestion>();
  private lastId = 0;

  constructor(private readonly ports: AskPorts) {
    this.repliesAt('');
  }

  ask(topic: Topic, question: unknown, withinMs: Millis, answered: (answer: unknown) => void, beside?: Topic): Cancel {
    const { clock, counts } = this.ports;
    const id = ++this.lastId;
    if (this.waiting.size >= MOST_WAITING) {
      counts.unasked += 1;
      return clock.after(0, () => answered(undefined));
    }
    const replies = this.repliesAt((beside === undefined ? '' : this.partOf(beside)) ?? '');
    const text = encodeQuestion({ id, to: replies.topic, ask: question });
    const cancelTimer = clock.after(withinMs, () => this.take(id)?.answered(undefined));
    this.waiting.set(id, { answered, cancelTimer });
    const publish = (): void => {
      if (this.waiting.has(id)) this.ports.publish(topic, text);
    };
    if (replies.silent) void replies.silent.then(publish);
    else publish();
    return () => void this.take(id);
  }

  partOf(topic: Topic): string | undefined {
    return this.ports.tagBeside ? this.ports.tagBeside(topic) : '';
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

  /** Those with this tag; the first time they are asked for, this process begins to hear them. */
  private repliesAt(tag: string): Replies {
    const known = this.replies.get(tag);
    if (known) return known;
    const topic = replyTopic(this.process, tag);
    const replies: Replies = { topic, silent: this.ports.listen(topic, (text) => this.heard(text)).ready };
    this.replies.set(tag, replies);
    void replies.silent?.then(() => {
      replies.silent = undefined;
    });
    return replies;
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
