import { once } from 'node:events';
import { type Server, createServer } from 'node:net';

/** Where something is to listen, and the settings that say so. */
export interface ListenPlan {
  host: string;
  port: number;
  hostSetting: string;
  portSetting: string;
}

/** Something needed is not to be had, and the message says all there is to know: the process ends with 69, without a stack. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';

  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Resolves when the server listens; rejects with an `UnavailableError` that names the setting. */
export async function listenOn(server: Server, plan: ListenPlan): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(plan.port, plan.host);
  try {
    await listening;
  } catch (error) {
    throw cannotListen(plan, (error as NodeJS.ErrnoException).code ?? '');
  }
}

/**
 * Why a port could not be had, for servers that do not say. It is tried once more, with Node's own, which do.
 *
 * @returns an `UnavailableError`, also where the second try went well: the first did not.
 */
export async function whyNotListening(plan: ListenPlan): Promise<UnavailableError> {
  const server = createServer();
  try {
    await listenOn(server, plan);
    return cannotListen(plan, 'EADDRINUSE');
  } catch (error) {
    return error as UnavailableError;
  } finally {
    server.close();
  }
}

function cannotListen({ host, port, hostSetting, portSetting }: ListenPlan, code: string): UnavailableError {
  const thePort = `${portSetting} is ${port}: expected a free port`;
  const theHost = `${hostSetting} is ${JSON.stringify(host)}: expected an address of this machine`;
  const messages: Record<string, string> = {
    EADDRINUSE: `${thePort}, but another program has it on ${host}`,
    EACCES: `${portSetting} is ${port}: expected a port that this user may listen on`,
    EADDRNOTAVAIL: `${theHost}, but it is another machine’s`,
    ENOTFOUND: `${theHost}, but no address has this name`,
    EAI_AGAIN: `${theHost}, but names cannot be looked up now`,
  };
  return new UnavailableError(
    messages[code] ?? `Cannot listen on ${host}:${port} (${hostSetting}, ${portSetting}): ${code}`,
    code,
  );
}
