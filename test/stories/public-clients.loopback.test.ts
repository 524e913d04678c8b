import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientsStage } from '../support/clients/clients-stage.js';
import { EVERY_INCIDENT } from '../support/clients/every-incident.js';
import { programs } from '../support/clients/programs.js';

const PROGRAMS = programs();

/** Nothing is changed about them but URLs. Judged from outside: by what they are handed, what they say, and what the edge has counted. */
describe('programs that others wrote for Binance, at one gateway', () => {
  let stage: ClientsStage;

  beforeAll(async () => {
    stage = await ClientsStage.start(PROGRAMS);
  }, 90_000);

  afterAll(() => stage?.stop());

  it.each(Object.entries(EVERY_INCIDENT))('have nothing to say about it: %s', async (_name, acts) => {
    for (const act of acts) await stage.suffer(act);
    expect(stage.troubles()).toEqual([]);
  });

  it.each(PROGRAMS)(
    'have every id once, true and in order, and books that are the market’s: $name',
    async ({ name }) => {
      expect(await stage.complaints(name)).toEqual([]);
    },
  );

  it('have neither been refused nor ended, and so never come back', async () => {
    expect(await stage.endings()).toEqual([]);
    expect(stage.stage.simulator.violations).toEqual([]);
  });
});
