import { EXIT } from '#libs/core';
import { type Release, readRelease, releaseLine } from '#libs/release';

/** What a program says instead of running, and how it ends then. */
interface Reply {
  says: string;
  exitCode: number;
}

/** What a role answers to its command line; undefined: nothing was asked, it runs. It is told what to do by variables alone. */
export function replyTo(role: string, given: readonly string[], release: Release): Reply | undefined {
  const [first] = given;
  if (first === undefined) return undefined;
  if (first === '--version' || first === '-V')
    return { says: releaseLine(`holdfast ${role}`, release), exitCode: EXIT.ok };
  const usage = `holdfast ${role} takes no arguments but --version and --help: its settings are environment variables, or lines of .env; .env.example explains each.`;
  if (first === '--help' || first === '-h') return { says: usage, exitCode: EXIT.ok };
  return { says: `Unknown argument ${JSON.stringify(first)}. ${usage}`, exitCode: EXIT.usage };
}

/** Answers the command line of a role, and ends the process where there is something to answer. */
export function answerArguments(role: string, given: readonly string[]): void {
  const reply = replyTo(role, given, readRelease());
  if (!reply) return;
  const output = reply.exitCode === EXIT.ok ? process.stdout : process.stderr;
  output.write(`${reply.says}\n`);
  process.exit(reply.exitCode);
}
