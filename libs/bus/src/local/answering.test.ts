import { beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '#libs/runtime';
import { Answering } from './answering.js';
import { newBusCounts } from './bus-metrics.js';

let turns: (() => void)[];
let counts: ReturnType<typeof newBusCounts>;
let published: [string, unknown][];
let asked: unknown[];
let errors: number;

beforeEach(() => {
  turns = [];
  counts = newBusCounts();
  published = [];
  asked = [];
  errors = 0;
});

const answeringWith = (respond: (question: unknown) => unknown): Answering =>
  new Answering(
    (question) => {
      asked.push(question);
      return respond(question);
    },
    {
      publish: (topic, text) => void published.push([topic, JSON.parse(text)]),
      later: (act) => void turns.push(act),
      counts,
      log: { ...silentLog, error: () => void (errors += 1) },
    },
  );

/** One turn of the loop, in which everything is done that was put off to it. */
function turn(): void {
  for (const act of turns.splice(0)) act();
}

describe('questions that come together', () => {
  it('are answered one in each turn of the loop, in their order', () => {
    const answering = answeringWith((question) => `about ${String(question)}`);
    for (const [id, ask] of ['a', 'b', 'c'].entries()) answering.asked({ id: id + 1, to: 'x', ask });
    expect(published).toEqual([]);
    turn();
    expect(published).toEqual([['x', { id: 1, answer: 'about a' }]]);
    turn();
    answering.asked({ id: 4, to: 'x', ask: 'd' });
    expect(published).toHaveLength(2);
    turn();
    turn();
    expect(published.slice(2)).toEqual([
      ['x', { id: 3, answer: 'about c' }],
      ['x', { id: 4, answer: 'about d' }],
    ]);
    expect(turns).toEqual([]);
  });

  it('and are the same are answered once, to everybody who asked', () => {
    const answering = answeringWith(() => ({ welcomes: ['"'] }));
    for (const id of [1, 2, 3]) answering.asked({ id, to: `x${id}`, ask: { streams: ['a'] } });
    answering.asked({ id: 4, to: 'x4', ask: { streams: ['b'] } });
    turn();
    expect(asked).toEqual([{ streams: ['a'] }]);
    expect(published).toEqual([1, 2, 3].map((id) => [`x${id}`, { id, answer: { welcomes: ['"'] } }]));
    // What was answered is answered anew: things may stand otherwise now.
    answering.asked({ id: 5, to: 'x5', ask: { streams: ['a'] } });
    turn();
    turn();
    expect(asked.slice(1)).toEqual([{ streams: ['b'] }, { streams: ['a'] }]);
  });

  it('are so many at most', () => {
    const answering = answeringWith(() => true);
    for (let id = 1; id <= 10_001; id += 1) answering.asked({ id, to: 'x', ask: id % 2 });
    expect(counts.unanswered).toBe(1);
    turn();
    turn();
    expect(published).toHaveLength(10_000);
    answering.asked({ id: 1, to: 'x', ask: 1 });
    expect(counts.unanswered).toBe(1);
  });

  it('do not keep others from being answered where the answerer throws or has none', () => {
    const answering = answeringWith((question) => {
      if (question === 'bad') throw new Error('bad');
      return question === 'unknown' ? undefined : question;
    });
    for (const [id, ask] of ['bad', 'unknown', 'good'].entries()) answering.asked({ id, to: 'x', ask });
    for (let round = 0; round < 3; round += 1) turn();
    answering.asked({ id: 4, to: 'x', ask: 'bad' });
    turn();
    expect(published).toEqual([['x', { id: 2, answer: 'good' }]]);
    expect([counts.subscriberErrors, errors]).toEqual([2, 1]);
  });

  it('are answered by nobody who has stopped', () => {
    const answering = answeringWith(() => true);
    answering.asked({ id: 1, to: 'x', ask: 1 });
    answering.stop();
    turn();
    expect(asked).toEqual([]);
    answering.asked({ id: 2, to: 'x', ask: 1 });
    turn();
    expect(published).toEqual([['x', { id: 2, answer: true }]]);
  });
});
