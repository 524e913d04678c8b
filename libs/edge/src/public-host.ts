import { type EdgeSettings, SettingsError, isLoopback } from '#libs/runtime';

/**
 * Clients are not authenticated, so an address that other machines reach must be asked for in so many words.
 *
 * @throws SettingsError naming HOLDFAST_HOST
 */
export function refusePublicHost({ host, allowPublic }: Pick<EdgeSettings, 'host' | 'allowPublic'>): void {
  if (allowPublic || isLoopback(host)) return;
  throw new SettingsError([
    `HOLDFAST_HOST is ${JSON.stringify(host)}: expected a loopback address like 127.0.0.1, because clients are not authenticated; set HOLDFAST_ALLOW_PUBLIC=yes if a firewall or NetworkPolicy keeps strangers out`,
  ]);
}
