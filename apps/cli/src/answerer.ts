import { type IncomingMessage, get } from 'node:http';
import { get as getSecurely } from 'node:https';

/** What there is at an address where something of ours was expected, as a sentence; undefined where nothing answers at all. */
export async function whoAnswers(url: string): Promise<string | undefined> {
  try {
    const response = await answerOf(url.replace(/^ws/, 'http'));
    const line = await firstLine(response);
    return `${url} answers with HTTP ${response.statusCode}${line && `, ${line.slice(0, 80)}`}`;
  } catch (error) {
    const { code = 'no answer in time' } = error as NodeJS.ErrnoException;
    return NOBODY.has(code) ? undefined : `${url} does not speak HTTP (${code})`;
  }
}

const PATIENCE_MS = 5_000;

/** How it shows that nobody is there. */
const NOBODY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** Not with `fetch`, which neither says what went wrong nor dials every port. */
function answerOf(url: string): Promise<IncomingMessage> {
  const ask = url.startsWith('https:') ? getSecurely : get;
  return new Promise((resolve, reject) => {
    const request = ask(url, { timeout: PATIENCE_MS }, resolve);
    request.on('timeout', () => request.destroy(new Error()));
    request.on('error', reject);
  });
}

/** Only of a text that is meant for people. */
async function firstLine(response: IncomingMessage): Promise<string> {
  if (!response.headers['content-type']?.startsWith('text/plain')) return '';
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text.split('\n', 1)[0] ?? '';
}
