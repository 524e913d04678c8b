import { type Access, type EdgeSettings, SettingsError, isLoopback } from '#libs/runtime';

/** Whoever is asked for a token is no stranger: the address may then be one that other machines reach. */
export const openTo = <S extends Pick<EdgeSettings, 'allowPublic'>>(settings: S, access: Access): S => ({
  ...settings,
  allowPublic: settings.allowPublic || access.asksWho,
});

/**
 * Clients without a token are not authenticated, so an address that other machines reach must be asked for in so many words.
 *
 * @throws SettingsError naming HOLDFAST_HOST
 */
export function refusePublicHost({ host, allowPublic }: Pick<EdgeSettings, 'host' | 'allowPublic'>): void {
  if (allowPublic || isLoopback(host)) return;
  throw new SettingsError([
    `HOLDFAST_HOST is ${JSON.stringify(host)}: expected a loopback address like 127.0.0.1, because clients are not authenticated; ask them for tokens (HOLDFAST_TOKENS_FILE, HOLDFAST_JWT_KEYS), or set HOLDFAST_ALLOW_PUBLIC=yes if a firewall or NetworkPolicy keeps strangers out`,
  ]);
}
