import { isTexts } from '../words/demand.js';
import type { StreamName } from '../words/event.js';
import { fieldsOf } from '../words/parse-object.js';

/** Asked by the upstream that publishes, of those that stand by: what have you of a stream that I have not said? */
export interface WithheldQuestion {
  stream: StreamName;
  /** The first position that it lacks. */
  from: number;
  /** The last one; absent where it does not know whether it lacks anything. */
  to?: number;
}

/** Events of these positions, in their order. */
export interface WithheldAnswer {
  /** Texts of events; the places in them mean nothing. */
  events: string[];
  /** Whether nothing more of that will come to who answers: his own line has passed it, or surely carries the stream. */
  isAll: boolean;
}

/** A question, or undefined where the value is none. */
export function readWithheldQuestion(value: unknown): WithheldQuestion | undefined {
  const { stream, from, to } = fieldsOf(value);
  if (typeof stream !== 'string' || !Number.isFinite(from)) return undefined;
  if (to !== undefined && !Number.isFinite(to)) return undefined;
  return { stream, from: Number(from), ...(to !== undefined && { to: Number(to) }) };
}

/** An answer, or undefined where the value is none. */
export function readWithheldAnswer(value: unknown): WithheldAnswer | undefined {
  const { events, isAll } = fieldsOf(value);
  return isTexts(events) && typeof isAll === 'boolean' ? { events, isAll } : undefined;
}
