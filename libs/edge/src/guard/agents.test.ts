import { expect, it } from 'vitest';
import { Agents } from './agents.js';

it('what programs call themselves is kept up to a length, and for so many programs', () => {
  const agents = new Agents();
  expect(agents.of('x'.repeat(10_000))).toHaveLength(120);
  for (let one = 0; one < 2_000; one += 1) agents.of(`agent ${one}`);
  expect([agents.of('agent 5'), agents.of('agent 1999'), agents.of('somebody new')]).toEqual(['agent 5', '', '']);
});
