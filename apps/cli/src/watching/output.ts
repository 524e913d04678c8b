import { systemClock } from '#libs/clock';
import {
  type Cancel,
  type FeedEvent,
  type Millis,
  type StreamEvent,
  type StreamName,
  type UnknownEvent,
  encode,
} from '#libs/core';
import { displayOn } from '#libs/terminal';
import { remark, say } from '../output.js';
import { boardLines } from './board-lines.js';
import { newestOf } from './newest.js';
import { WatchedRates } from './rates.js';

/** Where that which is watched goes. */
export interface WatchOutput {
  event: (event: StreamEvent | UnknownEvent) => void;
  feed: (event: FeedEvent) => void;
  /** A frame of Binance's wire. */
  frame: (text: string) => void;
  /** What is no part of the data. */
  note: (sentence: string) => void;
  /** How the connection is; undefined: as it should be. */
  trouble: (sentence: string | undefined) => void;
  refused: (stream: StreamName) => void;
  end: () => void;
}

/** One message per line, for programs. */
export const lineOutput: WatchOutput = {
  event: (event) => say(encode(event)),
  feed: (event) => say(encode(event)),
  frame: say,
  note: remark,
  trouble: (sentence) => sentence !== undefined && remark(sentence),
  refused: () => undefined,
  end: () => undefined,
};

const EVERY_MS: Millis = 1_000;

/** WatchedRates on a screen, for people. */
export function screenOutput(url: string, streams: readonly StreamName[]): WatchOutput {
  const display = displayOn(process.stdout, say);
  const startedAt = systemClock.now();
  const rates = new WatchedRates(streams, startedAt);
  const notes: string[] = [];
  let trouble: string | undefined = 'connecting …';
  let next: Cancel = () => undefined;
  const draw = (): void =>
    display.draw((size) =>
      boardLines({ url, elapsedMs: systemClock.now() - startedAt, trouble, tallies: rates.read(), notes }, size),
    );
  const tick = (): void => {
    rates.look(systemClock.now());
    draw();
    next = systemClock.after(EVERY_MS, tick);
  };
  tick();
  return {
    event: (event) => rates.came(event.stream, newestOf(event)),
    feed: ({ stream, state, missing }) =>
      rates.isNow(stream, state, missing && state === 'gap' ? missing.to - missing.from + 1 : 0),
    frame: (text) => rates.came(/^\{"stream":"([^"]+)"/.exec(text)?.[1] ?? ''),
    note: (sentence) => void notes.push(sentence),
    trouble: (sentence) => {
      trouble = sentence;
      draw();
    },
    refused: (stream) => rates.drop(stream),
    end: () => {
      next();
      draw();
      display.end();
    },
  };
}
