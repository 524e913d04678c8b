import type { RequestId } from '../control.js';
import type { Acknowledgement, Refusal } from '../frame.js';
import type { OddTexts } from '../scan/number-texts.js';
import { inexactField } from '../shape/remainder.js';

type ReplyFields = Partial<Record<string, unknown>>;

/** Reads the reply to a request of ours; undefined when the value is none. Both shapes of errors: nested (sent) and flat (documented). */
export function readReply(value: ReplyFields): Acknowledgement | Refusal | undefined {
  const id = readId(value.id);
  if ('result' in value && id !== undefined) return { kind: 'acknowledgement', id, result: value.result };
  return readRefusal(value.error, id) ?? readRefusal(value, id);
}

function readRefusal(value: unknown, id: RequestId | undefined): Refusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, msg }: ReplyFields = value;
  if (typeof code !== 'number' || typeof msg !== 'string') return undefined;
  return { kind: 'refusal', ...(id !== undefined && { id }), code, message: msg };
}

/** Which of a reply's numbers is not held exactly, as a path; `texts` are those of its numbers that would be written otherwise. */
export const inexactInReply = (texts: OddTexts): string | undefined =>
  inexactField({ keys: ['id', 'code', 'error'], inside: { error: ['code'] } }, texts);

const readId = (id: unknown): RequestId | undefined =>
  id === null || typeof id === 'number' || typeof id === 'string' ? id : undefined;
