import type { FakeGateway } from '../../../test/support/fake-gateway.js';
import { type ClientOptions, HoldfastClient } from './index.js';

/** A client that has begun to connect to this gateway; what callbacks throw is noted in `errors`. */
export function connected(
  gateway: FakeGateway,
  errors: string[],
  options: Partial<ClientOptions> = {},
): HoldfastClient {
  const client = new HoldfastClient({
    url: gateway.url,
    random: () => 0,
    error: (error, where) => errors.push(`${where}: ${(error as Error).message}`),
    ...options,
  });
  client.start();
  return client;
}
