import { onTestFinished } from 'vitest';
import { RoleProcess, type TwoRolesOptions, freePort } from '#libs/drill';
import { until } from './until.js';

/** A process starts in a second, where nothing else does. */
export const STARTS_WITHIN_MS = 60_000;

/** One more upstream beside those that a test has, in a process of its own. It does not outlive the test. */
export async function anotherUpstream(options: TwoRolesOptions): Promise<RoleProcess> {
  const upstream = new RoleProcess('upstream', await freePort(), options);
  onTestFinished(async () => void (await upstream.end('SIGKILL')));
  return upstream;
}

/** Resolves when it has said that another one leads. */
export const isOvertaken = ({ log }: RoleProcess): Promise<boolean> =>
  until(() => log.some((line) => line.includes('"upstream.overtaken"')), { deadlineMs: STARTS_WITHIN_MS });
