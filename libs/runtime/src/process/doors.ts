import { type EdgeSettings, type OpsSettings, SettingsError } from '../settings/index.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/** Whether only this machine reaches a host. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/**
 * The ops port asks nobody who they are, shows the addresses of clients and takes commands, so an address that other machines
 * reach must be asked for in so many words.
 *
 * @throws SettingsError naming HOLDFAST_OPS_HOST
 */
export function refusePublicOps({ opsHost, opsAllowPublic }: Pick<OpsSettings, 'opsHost' | 'opsAllowPublic'>): void {
  if (opsAllowPublic || isLoopback(opsHost)) return;
  throw new SettingsError([
    `HOLDFAST_OPS_HOST is ${JSON.stringify(opsHost)}: expected a loopback address like 127.0.0.1, because operators are not authenticated; set HOLDFAST_OPS_ALLOW_PUBLIC=yes if a firewall or NetworkPolicy keeps strangers out`,
  ]);
}

/**
 * Clients and operators need a door each.
 *
 * @throws SettingsError naming both settings
 */
export function refuseSharedPort(
  { port }: Pick<EdgeSettings, 'port'>,
  { opsPort }: Pick<OpsSettings, 'opsPort'>,
): void {
  if (port === 0 || port !== opsPort) return;
  throw new SettingsError([
    `HOLDFAST_PORT is ${port} and HOLDFAST_OPS_PORT is ${opsPort}: expected two ports, because clients and operators come in by doors of their own`,
  ]);
}
