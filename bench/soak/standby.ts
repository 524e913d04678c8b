import { fileURLToPath } from 'node:url';
import type { Millis } from '#libs/core';
import { Killing } from '../../test/support/killing.js';
import { TERM_STREAMS, TermReader } from '../../test/support/term-reader.js';
import { until } from '../../test/support/until.js';

const SYMBOLS = 10;

/** The usual one. */
const LEASE_MS: Millis = 2_000;

interface Course {
  /** What is done to the one that leads, again and again. */
  says: string;
  strike: (killing: Killing) => Promise<void>;
  /** Nothing may come on the busiest stream for so long at most, or between the last message of a term and the first of the next. */
  mostMs: Millis;
  silenceOf: (reader: TermReader) => Millis;
  /** What Binance has to complain of while it is struck: it would of anybody. */
  expected?: RegExp;
}

const COURSES = {
  kills: {
    says: 'leaders killed (SIGKILL)',
    strike: (killing) => killing.endLeader('SIGKILL'),
    mostMs: LEASE_MS + 500,
    silenceOf: ({ longestMs }) => longestMs,
  },
  handovers: {
    says: 'leaders told to end (SIGTERM)',
    strike: (killing) => killing.endLeader('SIGTERM'),
    mostMs: 200,
    silenceOf: ({ betweenMs }) => betweenMs,
  },
  freezes: {
    says: 'leaders stopped (SIGSTOP) for 30 s and woken up again',
    expected: /^no pong in time/,
    strike: (killing) => killing.freezeLeader(30_000),
    mostMs: LEASE_MS + 500,
    silenceOf: ({ longestMs }) => longestMs,
  },
} as const satisfies Record<string, Course>;

/**
 * Two upstreams over a real Redis, of which one leads: it is struck so many times, while clients of every kind and one that reads
 * Redis alone watch. Resolves with whether nobody had to complain and no silence was too long.
 */
export async function soakStandby(course: keyof typeof COURSES, times: number): Promise<boolean> {
  const { says, strike, mostMs, silenceOf, expected }: Course = COURSES[course];
  const dist = fileURLToPath(new URL('../..', import.meta.url));
  const killing = await Killing.start(dist, { hasStandby: true, symbols: SYMBOLS, leaseMs: LEASE_MS });
  const reader = await TermReader.start(killing.redis.url);
  await until(() => reader.hasBegun);
  const silences: Millis[] = [];
  for (let done = 1; done <= times; done += 1) {
    reader.anew();
    await until(() => reader.hasBegun);
    await strike(killing);
    silences.push(Math.round(silenceOf(reader)));
    console.log(`${done} of ${times}: silence ${silences.at(-1)} ms`);
  }
  const complaints = [
    ...(await killing.complaints()).filter((words) => !expected?.test(words)),
    ...killing.stage.gaps,
    ...reader.faults.slice(0, 20),
    ...(reader.holes > 0 ? [`whoever reads Redis alone has ${reader.holes} holes`] : []),
    ...(reader.begun === times * TERM_STREAMS.length
      ? []
      : [`${reader.begun} terms of streams began, not ${times * TERM_STREAMS.length}`]),
  ];
  const { messages } = killing.keeper;
  await reader.stop();
  await killing.stop();
  const sorted = silences.toSorted((one, other) => one - other);
  const longest = sorted.at(-1) ?? 0;
  console.log(
    `${times} ${says}: silence ${sorted[Math.floor(sorted.length / 2)]} ms at the median, ${longest} at most (${mostMs} allowed); ` +
      `${messages} diffs read by one of them; ${complaints.length === 0 ? 'nobody complains' : 'complaints:'}`,
  );
  for (const complaint of complaints) console.log(`  ${complaint}`);
  return complaints.length === 0 && longest <= mostMs;
}
