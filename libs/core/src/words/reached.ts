import { LONGEST_EDGE_ID } from './demand.js';
import { decode } from './codec.js';
import { type BookEvent, type MarketEvent, isMarketEvent } from './event.js';
import { fieldsOf, parseObject } from './parse-object.js';
import { type Epoch, type Place, isPlace } from './place.js';

/** How far a stream was: where its newest message stood, and the text of its newest event. */
export interface Mark {
  place: Place;
  event: string;
}

/** When an upstream was heard last: its term, and what its heartbeat said of the time. */
export interface LastBeat {
  epoch: Epoch;
  at: number;
}

/** What an edge answers an upstream that has just started: how far it got on its streams, so many in one message. */
export interface Reached {
  edge: string;
  beat?: LastBeat | undefined;
  marks: Mark[];
  /** Which message of the answer it is, counted from 0, and how many there are; absent where that is not known. */
  part?: [number, number];
}

/** Streams that one message may be about. */
export const MOST_REACHED = 100;

export const encodeReached = (reached: Reached): string => JSON.stringify(reached);

/** What an edge has reached, or undefined where the text is none; marks that are none are left out. Never throws. */
export function decodeReached(text: string): Reached | undefined {
  const { edge, beat, marks, part } = parseObject(text);
  if (typeof edge !== 'string' || edge === '' || edge.length > LONGEST_EDGE_ID || !Array.isArray(marks))
    return undefined;
  const some = marks.slice(0, MOST_REACHED).filter(isMark);
  return { edge, ...(isBeat(beat) && { beat }), marks: some, ...(isPart(part) && { part }) };
}

export const encodeMark = (mark: Mark): string => JSON.stringify(mark);

/** A mark, or undefined where the text is none. Never throws. */
export function decodeMark(text: string): Mark | undefined {
  const mark = parseObject(text);
  return isMark(mark) ? { place: mark.place, event: mark.event } : undefined;
}

/** The event of a mark; undefined where its text is none. */
export function eventOf({ event }: Mark): MarketEvent | BookEvent | undefined {
  const decoded = decode(event);
  if (!decoded.ok) return undefined;
  const { value } = decoded;
  return value.type === 'book' || isMarketEvent(value) ? value : undefined;
}

/** Asks every edge to say its demand now, and how far it got where `reached` is wanted. */
export const encodeDemandCall = (reached: boolean): string => JSON.stringify(reached ? { reached } : {});

/** Whether a call for demand asks how far the edge got as well. Never throws. */
export const asksReached = (text: string): boolean => parseObject(text)['reached'] === true;

function isMark(value: unknown): value is Mark {
  const { place, event } = fieldsOf(value);
  return isPlace(place) && typeof event === 'string';
}

function isBeat(value: unknown): value is LastBeat {
  const { epoch, at } = fieldsOf(value);
  return Number.isSafeInteger(epoch) && typeof at === 'number';
}

function isPart(value: unknown): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isSafeInteger)) return false;
  const [index, count] = value as [number, number];
  return index >= 0 && index < count;
}
