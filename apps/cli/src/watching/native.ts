import { type ConnectionChange, HoldfastClient } from '#libs/client';
import { EXIT, duration } from '#libs/core';
import { whoAnswers } from '../answerer.js';
import { enough } from '../output.js';
import { HOW_TO_BRING_ONE, ownToken } from '../own-token.js';
import { CommandTrouble } from '../trouble.js';
import type { WatchOutput } from './output.js';

/**
 * Shows native events and feed states. A gateway that goes away is waited for; one that was never there is an error. A name
 * that is refused is told, and the others are watched; it is an error when none is left.
 */
export async function watchNative(url: string, streams: readonly string[], output: WatchOutput): Promise<void> {
  const names = new Set(streams);
  let fail: (trouble: CommandTrouble) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const token = ownToken();
  const client = new HoldfastClient({
    url,
    problem: output.note,
    connection: reporter(url, fail, output),
    ...(token && { token }),
  });
  for (const stream of names) {
    client.subscribe(stream, {
      event: output.event,
      unknown: output.event,
      feed: output.feed,
      refused: ({ message }, isStillWanted) => {
        output.note(message);
        if (isStillWanted) return;
        output.refused(stream);
        names.delete(stream);
        if (names.size === 0) fail(new CommandTrouble('No stream is left to watch.', EXIT.usage));
      },
    });
  }
  client.start();
  try {
    await Promise.race([failed, enough()]);
  } finally {
    await client.stop();
    output.end();
  }
}

function reporter(
  url: string,
  fail: (trouble: CommandTrouble) => void,
  output: Pick<WatchOutput, 'trouble'>,
): (change: ConnectionChange) => void {
  let wasOpen = false;
  return (change) => {
    if (change.state === 'open') {
      wasOpen = true;
      output.trouble(undefined);
    } else if (change.state === 'lost' && !wasOpen) void noGateway(url).then(fail);
    else if (change.state === 'lost') {
      output.trouble(`the gateway went away; next attempt in ${duration(change.retryMs)}`);
    } else if (change.state === 'closed' && change.ending.closedBy !== 'us') {
      const { code, reason = '' } = change.ending;
      fail(new CommandTrouble(`The gateway closed the connection for good: ${code} ${reason}`.trimEnd()));
    }
  };
}

/** Why there was no connection to it. */
export async function noGateway(url: string): Promise<CommandTrouble> {
  const found = await whoAnswers(`${url}/v1`);
  if (found?.includes('HTTP 401'))
    return new CommandTrouble(`The gateway at ${url} admits nobody without a valid token: ${HOW_TO_BRING_ONE}`);
  if (found === undefined || found.includes('HTTP 426')) {
    return new CommandTrouble(`No gateway answers at ${url}. Is it running (npm start)? --url says where.`);
  }
  return new CommandTrouble(
    `${found}: that is not where clients connect. Expected a gateway's WebSocket, by default ws://127.0.0.1:9443; --url says where.`,
  );
}
