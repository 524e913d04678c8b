import { type Topic, parseObject } from '#libs/core';

/** One question on its topic. */
export interface AskedQuestion {
  /** The asker's own number for it. */
  id: number;
  /** The channel on which the asker hears answers. */
  to: Topic;
  ask: unknown;
}

/** One answer on the asker's reply channel. */
export interface GivenAnswer {
  id: number;
  answer: unknown;
}

/**
 * Whoever writes a question names the channel that we then publish on: only a reply channel will do. It may have a hash tag, which puts
 * it into that slot of a cluster: a stream's name, for instance.
 */
const REPLY_CHANNEL = /^holdfast:reply:(?:\{[^\s{}]{1,64}\})?[\w-]{1,64}$/;

export const replyTopic = (process: string, tag = ''): Topic => `holdfast:reply:${tag}${process}`;

export const encodeQuestion = ({ id, to, ask }: AskedQuestion): string => JSON.stringify({ id, to, ask: ask ?? null });

/** @param answer as JSON: it may be told to many. */
export const encodeReply = (id: number, answer: string): string => `{"id":${id},"answer":${answer}}`;

/** A question, or undefined where the text is none. Never throws: the text may be anybody's. */
export function decodeQuestion(text: string): AskedQuestion | undefined {
  const { id, to, ask } = parseObject(text);
  if (!isId(id) || typeof to !== 'string' || !REPLY_CHANNEL.test(to)) return undefined;
  return ask === undefined ? undefined : { id, to, ask };
}

/** An answer, or undefined where the text is none. Never throws: the text may be anybody's. */
export function decodeReply(text: string): GivenAnswer | undefined {
  const { id, answer } = parseObject(text);
  return isId(id) && answer !== undefined ? { id, answer } : undefined;
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
