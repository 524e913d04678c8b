import { counted } from '#libs/core';
import { sum } from './audit/summary.js';
import type { Act, Drill } from '#libs/course';
import { command } from './gateway.js';
import type { Stage } from './stage.js';

/**
 * Performs a drill on a stage that runs: one act after the other, each over as its declaration says.
 *
 * @param say Told what happens, a line each.
 * @returns What did not happen as it should; empty when all did.
 */
export async function perform(drill: Drill, stage: Stage, say: (line: string) => void): Promise<string[]> {
  const before = missingIds(stage);
  for (const act of drill.acts) {
    try {
      await play(act, stage, say);
    } catch (error) {
      return [`${describe(act)}: ${(error as Error).message}`];
    }
  }
  const missing = missingIds(stage) - before;
  return missing > 0 ? [`${counted(missing, 'id')} missing`] : [];
}

const missingIds = (stage: Stage): number => sum(stage.crew.summary().streams, 'missing');

async function play(act: Act, stage: Stage, say: (line: string) => void): Promise<void> {
  const since = stage.simulator.attempts.length;
  say(describe(act));
  if (act.attempts) stage.script(act.attempts);
  for (const incident of act.strike ?? []) stage.strike(incident);
  if (act.command !== undefined) await command(stage.gateway.opsUrl, act.command, {});
  await stage.wait(act.lastsMs ?? 0);
  await stage.attempted(act.follows, since);
  if (act.isStruck) return;
  await (act.isHalfWay ? stage.flows() : stage.settled());
}

/** An act in words: `close (code 1000), next attempts: cut mid-frame, close 1007, close 1008`. */
function describe({ strike = [], attempts = [], command: order }: Act): string {
  const words = strike.map(({ name, ...parameters }) => {
    const details = Object.entries(parameters).map(([key, value]) => `${key} ${String(value)}`);
    return details.length === 0 ? name : `${name} (${details.join(', ')})`;
  });
  if (order !== undefined) words.push(`command: ${order}`);
  if (attempts.length > 0) words.push(`next attempts: ${attempts.map(describeStep).join(', ')}`);
  return words.join('; ');
}

function describeStep(step: NonNullable<Act['attempts']>[number]): string {
  if (step === 'accept') return 'accepted';
  if ('refuse' in step) return `refused with HTTP ${step.refuse.status}`;
  if ('slow' in step) return step.slow === 'never' ? 'never answered' : `answered after ${step.slow} ms`;
  if ('close' in step) return `closed with ${step.close.code}`;
  if ('cut' in step) return `cut ${step.cut}`;
  if ('reset' in step) return 'reset';
  return 'silent' in step ? 'silent' : 'accepted without data';
}
