import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import type { Bus } from './bus.js';

/** What `Ask` of every bus holds. `make` gives a new, unstarted bus that shares nothing with those of other tests. */
export function askContract(make: () => Bus): void {
  let bus: Bus;
  beforeEach(async () => {
    bus = make();
    await bus.start();
    await until(() => bus.messages.state === 'up');
  });
  afterEach(() => bus.stop());

  /** Collects what a question brings. */
  const asking = (question: unknown, withinMs = 5_000): unknown[] => {
    const answers: unknown[] = [];
    bus.ask.ask('q', question, withinMs, (answer) => answers.push(answer));
    return answers;
  };

  it('brings the question to whoever answers, and the answer back, whatever JSON can say', async () => {
    await bus.ask.answer('q', (question) => ({ heard: question })).ready;
    const questions = [{ stream: '币安人生usdt@trade' }, ['"'], 'text', 7, false, null];
    for (const question of questions) {
      const answers = asking(question);
      await until(() => answers.length > 0);
      expect(answers).toEqual([{ heard: question }]);
    }
  });

  it('calls with undefined when nobody answers within the time', async () => {
    await bus.ask.answer('q', () => undefined).ready;
    const began = performance.now();
    const answers = asking('anybody?', 60);
    await until(() => answers.length > 0);
    expect(answers).toEqual([undefined]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(59);
  });

  it('takes the first of several answers, once', async () => {
    const asked: unknown[] = [];
    const answerers = ['one', 'two'].map((name) =>
      bus.ask.answer('q', (question) => {
        asked.push(question);
        return name;
      }),
    );
    await Promise.all(answerers.map(({ ready }) => ready));
    const first = asking('who?');
    const second = asking('who else?');
    await until(() => asked.length === 4 && second.length > 0);
    expect([first, second]).toEqual([['one'], ['one']]);
  });

  it('delivers what the answerer publishes after its answer after the answer', async () => {
    const heard: unknown[] = [];
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    await bus.ask.answer('q', () => {
      bus.messages.publish('t', 'before');
      void Promise.resolve().then(() => bus.messages.publish('t', 'after'));
      return 'answer';
    }).ready;
    bus.ask.ask('q', 'how does it stand?', 5_000, (answer) => heard.push(answer));
    await until(() => heard.length === 3);
    expect(heard).toEqual(['before', 'answer', 'after']);
  });

  it('does not call after the question was taken back', async () => {
    const texts: string[] = [];
    await bus.messages.subscribe('q', (text) => texts.push(text)).ready;
    const answers: unknown[] = [];
    const cancel = bus.ask.ask('q', 'never mind', 5_000, (answer) => answers.push(answer));
    await until(() => texts.length > 0);
    cancel();
    cancel();
    const { id, to } = JSON.parse(texts[0] ?? '') as { id: number; to: string };
    await bus.ask.answer('q', () => 'in time').ready;
    bus.messages.publish(to, JSON.stringify({ id, answer: 'late' }));
    const other = asking('and now?');
    await until(() => other.length > 0);
    expect([answers, other]).toEqual([[], ['in time']]);
  });

  it('asks nobody who has stopped answering', async () => {
    const answerer = bus.ask.answer('q', () => 'me');
    await answerer.ready;
    answerer.end();
    const answers = asking('anybody?', 40);
    await until(() => answers.length > 0);
    expect(answers).toEqual([undefined]);
  });

  it('takes nothing from a text that is no question, and publishes to no channel but one for replies', async () => {
    const asked: unknown[] = [];
    const stolen: string[] = [];
    await bus.messages.subscribe('holdfast:spot:heartbeat', (text) => stolen.push(text)).ready;
    await bus.ask.answer('q', (question) => {
      asked.push(question);
      return 'answer';
    }).ready;
    const junk = [
      '',
      '{',
      'null',
      '[]',
      '7',
      '{"id":1,"to":"holdfast:reply:x"}',
      '{"id":0,"to":"holdfast:reply:x","ask":1}',
    ];
    for (const text of junk) bus.messages.publish('q', text);
    bus.messages.publish('q', '{"id":1,"to":"holdfast:spot:heartbeat","ask":1}');
    bus.messages.publish('q', '{"id":1,"to":"holdfast:reply:x}:y","ask":1}');
    const answers = asking('a good one');
    await until(() => answers.length > 0);
    expect([asked, answers, stolen]).toEqual([['a good one'], ['answer'], []]);
  });

  it('takes no answer that is none, and none to another question', async () => {
    let to = '';
    await bus.messages.subscribe('q', (text) => {
      ({ to } = JSON.parse(text) as { to: string });
      const { id } = JSON.parse(text) as { id: number };
      for (const junk of ['', 'null', `{"id":${id}}`, `{"id":"${id}","answer":1}`, `{"id":${id + 1},"answer":1}`]) {
        bus.messages.publish(to, junk);
      }
      bus.messages.publish(to, JSON.stringify({ id, answer: 'good', more: 'fields' }));
      bus.messages.publish(to, JSON.stringify({ id, answer: 'doubled' }));
    }).ready;
    const first = asking('?');
    await until(() => first.length > 0);
    const second = asking('?');
    await until(() => second.length > 0);
    expect([first, second]).toEqual([['good'], ['good']]);
    expect(to).toMatch(/^holdfast:reply:[0-9a-f-]{36}$/);
  });
}
