import type { StreamState } from '#libs/client';
import { type Millis, counted, duration } from '#libs/core';
import type { Tone } from '../words/page.js';
import { NewestFew } from './newest-few.js';
import { idsIn, sayMissing, sayWhy } from './why.js';

/** Something that befell a stream. */
export interface StoryLine {
  key: number;
  at: Millis;
  tone: Tone;
  what: string;
}

const TONES: Record<StreamState['state'], Tone> = {
  live: 'good',
  recovering: 'warn',
  stale: 'bad',
  refused: 'bad',
  gap: 'bad',
};

export const toneOf = ({ state }: Pick<StreamState, 'state'>): Tone => TONES[state];

const KEPT = 50;

/** What befell a stream, told so that somebody understands it who sees nothing else. */
export class StreamStory {
  /** Announced: how often, and how many ids, as far as that was said. */
  gaps = { times: 0, ids: 0 };
  /** Events that came late and in their place. */
  filled = 0;
  private readonly told = new NewestFew<StoryLine>(KEPT);
  private lastKey = 0;
  private current: StreamState | undefined;
  /** Since when it is not live, by the clock of whoever looks; and how many had been filled by then. */
  private trouble: { at: Millis; filled: number } | undefined;
  private hasBeenLive = false;

  constructor(private readonly stream: string) {}

  /** How it is, as was said last. A gap is a moment: what follows it says how the stream is. */
  get state(): StreamState | undefined {
    return this.current;
  }

  changed(state: StreamState, now: Millis): void {
    if (state.state === 'gap') return this.gap(state, now);
    const before = this.current;
    this.current = state;
    if (state.state === 'live') this.live(state, now);
    else if (before?.why !== state.why || before.missing?.to !== state.missing?.to) this.worse(state, now);
  }

  /** The gateway serves it on another connection than before. */
  cameBack(hasMissed: boolean, now: Millis): void {
    if (hasMissed) return;
    this.tell(now, 'good', 'This page is connected again, and was given all that came meanwhile: nothing was missed');
  }

  newest(most: number): StoryLine[] {
    return this.told.newest(most);
  }

  private live({ why }: StreamState, now: Millis): void {
    const { trouble } = this;
    this.trouble = undefined;
    if (!trouble) return;
    const fetched = this.filled - trouble.filled;
    const after = this.hasBeenLive ? ` again after ${duration(now - trouble.at)}` : '';
    this.hasBeenLive = true;
    const filled = `${counted(fetched, 'missing event')} fetched, each in its place`;
    this.tell(now, 'good', `Live${after}: ${fetched > 0 ? filled : sayWhy(why)}`);
  }

  private worse(state: StreamState, now: Millis): void {
    this.trouble ??= { at: now, filled: this.filled };
    if (state.why === 'connecting') return;
    const which = state.missing ? ` (${sayMissing(state, this.stream)})` : '';
    const inTheirWords = state.message === undefined ? '' : ` – ${state.message}`;
    this.tell(now, toneOf(state), `${wordOf(state)}: ${sayWhy(state.why)}${which}${inTheirWords}`);
  }

  private gap(state: StreamState, now: Millis): void {
    const ids = idsIn(state, this.stream) ?? 0;
    this.gaps = { times: this.gaps.times + 1, ids: this.gaps.ids + ids };
    const why = state.message ?? sayWhy(state.why);
    this.tell(now, 'bad', `Gap, told by the ${state.by}: ${sayMissing(state, this.stream)} will not come – ${why}`);
  }

  private tell(at: Millis, tone: Tone, what: string): void {
    this.lastKey += 1;
    this.told.push({ key: this.lastKey, at, tone, what });
  }
}

const wordOf = ({ state }: StreamState): string => `${state.slice(0, 1).toUpperCase()}${state.slice(1)}`;
