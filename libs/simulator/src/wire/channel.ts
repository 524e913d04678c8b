import { textFrame } from './frame.js';
import { type WriteTime, inMicros, inMillis } from './payload.js';
import type { Recipe } from './recipe.js';

/** The unit of times a connection asked for in its URL. */
export type TimeUnit = 'MILLISECOND' | 'MICROSECOND';

/** Who can be on a channel: the part of a connection that a channel needs. */
export interface Member {
  readonly timeUnit: TimeUnit;
  /** Whether it wants `{"stream","data"}` around each payload. */
  readonly isCombined: boolean;
  /** Takes one ready frame. */
  deliver(frame: Buffer): void;
}

/** What an operator did to one stream. */
export interface Disturbance {
  /** Says nothing while the market goes on. */
  isMuted: boolean;
  /** How many of the next frames are lost. */
  drop: number;
  /** How many of the next frames are sent twice. */
  duplicate: number;
  /** How many of the next frames have a field more. */
  extend: number;
}

/** One stream and who is on it. A frame is written once per form that somebody wants, and shared by all of them. */
export class Channel {
  readonly members = new Set<Member>();
  readonly disturbance: Disturbance = { isMuted: false, drop: 0, duplicate: 0, extend: 0 };
  /** What the last frame of a state stream stood for, so that it is not said twice. */
  mark: unknown;
  /** The payload sent last, in milliseconds; incidents make their broken frames out of it. */
  latest: string | undefined;

  constructor(
    readonly name: string,
    readonly recipe: Recipe | undefined,
  ) {}

  /** Sends what `write` makes to every member. */
  publish(write: (time: WriteTime) => object): void {
    if (this.members.size === 0) return;
    this.publishTexts((unit) => JSON.stringify(write(unit === 'MICROSECOND' ? inMicros : inMillis)));
  }

  /** Sends ready texts: `payload` gives the payload for a unit, `combined` wraps it unless told otherwise. */
  publishTexts(payload: (unit: TimeUnit) => string, combine = (text: string): string => this.combine(text)): void {
    const { disturbance } = this;
    if (disturbance.isMuted) return;
    if (disturbance.drop > 0) {
      disturbance.drop -= 1;
      return;
    }
    let write = payload;
    if (disturbance.extend > 0) {
      disturbance.extend -= 1;
      write = (unit) => withUnknownField(payload(unit));
    }
    const times = disturbance.duplicate > 0 ? 2 : 1;
    disturbance.duplicate = Math.max(0, disturbance.duplicate - 1);
    const forms = new Map<string, Buffer>();
    for (const member of this.members) {
      const form = member.timeUnit + String(member.isCombined);
      let frame = forms.get(form);
      if (!frame) {
        const text = write(member.timeUnit);
        if (member.timeUnit === 'MILLISECOND') this.latest = text;
        forms.set(form, (frame = textFrame(member.isCombined ? combine(text) : text)));
      }
      for (let time = 0; time < times; time += 1) member.deliver(frame);
    }
  }

  /** The combined envelope around a payload of this stream. */
  combine(payload: string): string {
    return `{"stream":${JSON.stringify(this.name)},"data":${payload}}`;
  }
}

/** The payload with a field that no documentation knows; in every element of an array. */
function withUnknownField(payload: string): string {
  const value: unknown = JSON.parse(payload);
  const extend = (row: unknown): unknown =>
    typeof row === 'object' && row !== null ? { ...row, zz: JSON.rawJSON('1770123456789123457') } : row;
  return JSON.stringify(Array.isArray(value) ? value.map(extend) : extend(value));
}
