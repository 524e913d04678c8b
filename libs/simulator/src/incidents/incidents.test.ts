import { expect, it } from 'vitest';
import { listIncidents } from './incidents.js';

const HEAD = `# Incidents

What the simulator can do to a client, by name. In a test: \`simulator.strike({ name: 'close', code: 1008, share: 'oldest' })\`. From
outside: \`curl -X POST http://127.0.0.1:9544/incidents/close -d '{"code":1008,"share":"oldest"}'\`; \`GET /incidents\` lists them with their
parameters. The answer is how many connections were struck at once (for incidents about one stream: how many are on it).

Incidents about new connections (\`refuse\`, \`flap\`, …) are orders: the oldest one that still stands decides the next attempt. A script orders one
step for each of the next attempts: \`simulator.script([{ cut: 'mid-frame' }, { close: { code: 1007 } }, 'accept'])\`, or \`POST /script\`.

This file is written by \`libs/simulator/src/incidents/incidents.test.ts\` from the incidents' own declarations.

| incident | what happens | parameters (usual value) |
| --- | --- | --- |
`;

it('incidents.md shows every incident with what it does and takes', async () => {
  const rows = listIncidents().map(({ name, says, parameters }) => {
    const taken = Object.entries(parameters).map(
      ([key, { says: meaning, usual }]) =>
        `\`${key}\`${usual === null ? '' : ` (${JSON.stringify(usual)})`}: ${meaning}`,
    );
    return `| \`${name}\` | ${says} | ${taken.join('<br>')} |`;
  });
  await expect(`${HEAD}${rows.join('\n')}\n`).toMatchFileSnapshot('../../incidents.md');
});
