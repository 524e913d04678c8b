import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** What a shell runs to learn what could come next. */
const QUESTION = 'complete';

/**
 * Adds the command `completion`, which prints what makes a shell complete ours, and the hidden one that the shell then asks. Only that one
 * needs the names of drills.
 */
export async function withCompletion(program: Command, asked: string | undefined): Promise<void> {
  const completion = tab(program, { completionCommandName: 'completion' });
  if (asked !== QUESTION) return;
  const [{ DRILLS }, { listIncidents }] = await Promise.all([import('#libs/course'), import('#libs/simulator')]);
  completion.commands.get('drill')?.argument('name', (add) => {
    for (const { name, says } of [...DRILLS, ...listIncidents()]) add(name, says);
  });
}
