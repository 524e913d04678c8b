import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { Deliver } from '../ports/messages.js';
import { AskOverMessages } from './ask-over-messages.js';
import { newBusCounts } from './bus-metrics.js';

/** Asking over messages that the test carries; answers are heard once it says so. */
function setUp() {
  const [clock, counts, sent] = [new FakeClock(), newBusCounts(), [] as { topic: string; text: string }[]];
  let hears!: () => void;
  let reply!: Deliver;
  let question!: Deliver;
  const asking = new AskOverMessages({
    publish: (topic, text) => sent.push({ topic, text }),
    subscribe: (_, deliver) => {
      question = deliver;
      return { ready: Promise.resolve(), onRefused: () => undefined, end: () => undefined };
    },
    listen: (_, deliver) => {
      reply = deliver;
      return { ready: new Promise((resolve) => (hears = resolve)) };
    },
    clock,
    counts,
    log: silentLog,
  });
  const answers: unknown[] = [];
  const ask = (what: unknown) => asking.ask('q', what, 1_000, (answer) => answers.push(answer));
  const asked = (): unknown[] => sent.map(({ text }) => (JSON.parse(text) as { ask: unknown }).ask);
  return {
    asking,
    clock,
    counts,
    sent,
    answers,
    ask,
    asked,
    hears,
    reply: (text: string) => reply(text),
    question: (text: string) => question(text),
  };
}

it('nothing is asked before its answer would be heard, and then only what is still wanted, in its order', async () => {
  const { ask, asked, hears, clock, answers } = setUp();
  ask('late');
  clock.advance(1_000);
  ask('first');
  const takeBack = ask('never mind');
  ask('second');
  takeBack();
  await nextTurn();
  expect([asked(), answers]).toEqual([[], [undefined]]);
  hears();
  await nextTurn();
  expect(asked()).toEqual(['first', 'second']);
  ask('third');
  expect(asked()).toEqual(['first', 'second', 'third']);
});

it('answers come beside what they are about: on a channel with the tag of its part, which is heard before anything is asked', async () => {
  const listening: { topic: string; stand: () => void }[] = [];
  const sent: string[] = [];
  const asking = new AskOverMessages({
    publish: (_, text) => sent.push((JSON.parse(text) as { to: string }).to),
    subscribe: () => ({ ready: Promise.resolve(), onRefused: () => undefined, end: () => undefined }),
    listen: (topic) => ({ ready: new Promise((resolve) => listening.push({ topic, stand: resolve })) }),
    tagBeside: (topic) => (topic === 'away' ? undefined : topic.slice(0, 3)),
    clock: new FakeClock(),
    counts: newBusCounts(),
    log: silentLog,
  });
  const ask = (beside?: string) => asking.ask('q', '?', 1_000, () => undefined, beside);
  ask('{1}stream');
  ask('{1}another');
  ask();
  expect(listening.map(({ topic }) => topic.replace(/[\da-f-]{36}$/, '…'))).toEqual([
    'holdfast:reply:…',
    'holdfast:reply:{1}…',
  ]);
  const [plain, tagged] = listening;
  plain!.stand();
  await nextTurn();
  expect([sent, asking.partOf('away')]).toEqual([[plain!.topic], undefined]);
  tagged!.stand();
  await nextTurn();
  expect(sent).toEqual([plain!.topic, tagged!.topic, tagged!.topic]);
});

it('what is no question or no answer is counted, and what comes too late or twice is not', async () => {
  const { asking, ask, hears, clock, counts, sent, answers, reply, question } = setUp();
  hears();
  await nextTurn();
  asking.answer('q', () => 'heard');
  ask('?');
  const { id, to } = JSON.parse(sent[0]!.text) as { id: number; to: string };
  for (const text of ['', '{}', `{"id":"${id}","to":"${to}","ask":1}`, `{"id":1,"to":["${to}"],"ask":1}`])
    question(text);
  expect([counts.notUnderstood, sent.length]).toEqual([4, 1]);
  for (const text of ['[', `{"id":"${id}","answer":1}`, `{"id":0,"answer":1}`, `{"id":${id}}`]) reply(text);
  expect([counts.notUnderstood, answers]).toEqual([8, []]);
  for (let times = 0; times < 2; times += 1) reply(`{"id":${id},"answer":"yes"}`);
  ask('?');
  clock.advance(1_000);
  reply(`{"id":${id + 1},"answer":"too late"}`);
  expect([counts.notUnderstood, answers, clock.pending]).toEqual([8, ['yes', undefined], 0]);
});
