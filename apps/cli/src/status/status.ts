import { EXIT } from '#libs/core';
import type { Page } from '#libs/page';
import { whoAnswers } from '../answerer.js';
import { say, width } from '../output.js';
import { quarantineLines, statusLines } from './status-lines.js';
import { CommandTrouble } from '../trouble.js';

interface Options {
  url: string;
  quarantine?: true;
  json?: true;
}

/** A process that stands still must not hold the command. */
const PATIENCE_MS = 5_000;

/** Prints what the operators' page shows, in short. Resolves with the exit code: 1 while the process is not ready. */
export async function status({ url, quarantine, json }: Options): Promise<number> {
  const { page } = Object(await ask(url, '/page.json')) as { page?: Page };
  if (page === undefined) throw new CommandTrouble(`${url}/page.json is not what this version of holdfast reads.`);
  if (quarantine) {
    for (const line of quarantineLines(page.quarantine)) say(line);
    return EXIT.ok;
  }
  if (json) say(JSON.stringify(page, null, process.stdout.isTTY ? 2 : 0));
  else for (const line of statusLines(page, url, width())) say(line);
  return page.verdict.health === 'down' ? 1 : EXIT.ok;
}

/** What the port says under a path; 503 is an answer, too. */
async function ask(url: string, path: string): Promise<unknown> {
  try {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok || response.status === 503) return await response.json();
  } catch {
    // What there is instead is said below.
  }
  const found = await whoAnswers(`${url}${path}`);
  const expected = "Expected a gateway's operators' port, by default http://127.0.0.1:9464; --url says where it is.";
  if (found !== undefined) throw new CommandTrouble(`${found}. ${expected}`);
  throw new CommandTrouble(`Nothing answers at ${url}. Is a gateway running (npm start)? ${expected}`);
}
