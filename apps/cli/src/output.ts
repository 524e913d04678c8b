import { lineWidth } from '#libs/terminal';

let hasGone: () => void = () => undefined;

/** Resolves when nobody reads the output any more. */
export const readerGone = new Promise<void>((resolve) => {
  hasGone = resolve;
});

// A reader that has seen enough (`| head`) is no trouble; every write after that says so again.
process.stdout.on('error', () => hasGone());
process.stderr.on('error', () => undefined);

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** For what is no part of the result. */
export const remark = (line: string): void => void process.stderr.write(`${line}\n`);

/** How wide a line may be; a file takes any. */
export const width = (): number => lineWidth(process.stdout);

let interrupted: Promise<void> | undefined;

/** Resolves with the first Ctrl-C from the first call on, or when nobody reads any more. A second Ctrl-C ends the process. */
export function enough(): Promise<void> {
  interrupted ??= new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  return Promise.race([interrupted, readerGone]);
}
