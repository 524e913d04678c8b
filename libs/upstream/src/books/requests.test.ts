import { describe, expect, it } from 'vitest';
import { type Result, ok } from '#libs/core';
import type { RestFailure } from '#libs/rest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { BookRequests } from './requests.js';

/** Requests that a test answers, by their number. */
class Scene {
  readonly clock = new FakeClock(0);
  readonly given: { signal: AbortSignal; answer(result: Result<unknown, RestFailure>): void }[] = [];
  readonly requests = new BookRequests(
    { get: (_, signal) => new Promise((answer) => void this.given.push({ signal, answer })) },
    this.clock,
  );

  ask(symbol: string, share: number): Promise<Result<unknown, RestFailure> | undefined> {
    return this.requests.ask({ symbol, share, levels: 5, weight: 5 }, { path: '/depth', query: {} });
  }
}

describe('requests for books', () => {
  it('are counted by how urgent they are: who waits for a small share stands in nobody’s way', () => {
    const scene = new Scene();
    const { requests } = scene;
    const room = (): boolean[] => [0.5, 0.8, 1].map((share) => requests.hasRoom(share));
    expect([room(), requests.hasRoom(1.1), requests.size]).toEqual([[true, true, true], false, 0]);
    for (let at = 0; at < 2; at += 1) void scene.ask(`deep${at}`, 0.5);
    expect(room()).toEqual([false, true, true]);
    for (let at = 0; at < 4; at += 1) void scene.ask(`near${at}`, 0.8);
    expect(room()).toEqual([false, false, true]);
    for (let at = 0; at < 6; at += 1) void scene.ask(`torn${at}`, 1);
    expect([room(), requests.size]).toEqual([[false, false, false], 12]);
    expect([requests.has('deep1'), requests.has('else')]).toEqual([true, false]);
  });

  it('of the urgent kind leave room for the others', () => {
    const scene = new Scene();
    for (let at = 0; at < 12; at += 1) void scene.ask(`torn${at}`, 1);
    expect([0.5, 0.8, 1].map((share) => scene.requests.hasRoom(share))).toEqual([true, true, false]);
  });

  it('are given up where their book has become urgent, once a second has passed, unless they are urgent themselves', async () => {
    const scene = new Scene();
    const near = scene.ask('near', 0.8);
    void scene.ask('torn', 1);
    scene.clock.advance(999);
    for (const symbol of ['near', 'torn', 'else']) scene.requests.hurry(symbol, scene.clock.now());
    expect(scene.given.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    scene.clock.advance(1);
    for (const symbol of ['near', 'torn']) scene.requests.hurry(symbol, scene.clock.now());
    expect(scene.given.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    scene.given[0]?.answer(ok({}));
    expect(await near).toBeUndefined();
    expect([scene.requests.has('near'), scene.requests.size]).toEqual([false, 1]);
  });

  it('end with their answer, or when all of it stops', async () => {
    const scene = new Scene();
    const [first] = [scene.ask('first', 1), scene.ask('second', 1)];
    scene.given[0]?.answer(ok('book'));
    expect(await first).toEqual(ok('book'));
    scene.requests.stop();
    expect(scene.given[1]?.signal.aborted).toBe(true);
  });
});
