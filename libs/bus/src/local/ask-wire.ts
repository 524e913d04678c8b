import { type Result, type Topic, notOk, ok, parseObject } from '#libs/core';

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

/** Whoever writes a question names the channel that we then publish on: only a reply channel will do. */
const REPLY_CHANNEL = /^holdfast:reply:[\w-]{1,64}$/;

export const replyTopic = (process: string): Topic => `holdfast:reply:${process}`;

export const encodeQuestion = ({ id, to, ask }: AskedQuestion): string => JSON.stringify({ id, to, ask: ask ?? null });

/** @param answer as JSON: it may be told to many. */
export const encodeReply = (id: number, answer: string): string => `{"id":${id},"answer":${answer}}`;

/** Never throws: the text may be anybody's. */
export function decodeQuestion(text: string): Result<AskedQuestion, string> {
  const { id, to, ask } = parseObject(text);
  if (!isId(id)) return notOk('id is no whole number above 0');
  if (typeof to !== 'string' || !REPLY_CHANNEL.test(to)) return notOk('to is no reply channel');
  return ask === undefined ? notOk('there is no question') : ok({ id, to, ask });
}

/** Never throws: the text may be anybody's. */
export function decodeReply(text: string): Result<GivenAnswer, string> {
  const { id, answer } = parseObject(text);
  if (!isId(id)) return notOk('id is no whole number above 0');
  return answer === undefined ? notOk('there is no answer') : ok({ id, answer });
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
