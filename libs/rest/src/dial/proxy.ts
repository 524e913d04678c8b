import { request } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type BinanceSettings, SettingsError, isLoopback } from '#libs/runtime';
import type { Peer } from './side-by-side.js';

/** The settings that say through what Binance is reached. */
export type ProxySettings = Pick<BinanceSettings, 'proxy' | 'httpsProxy' | 'httpProxy' | 'allProxy' | 'noProxy'>;

const EXPECTED =
  'expected a URL like http://proxy:3128 or http://user:password@proxy:3128, for a proxy that does CONNECT; HOLDFAST_UPSTREAM_PROXY=none goes without';

/**
 * The proxy through which a URL is reached, if any: our own setting, or what other programs read as well. This machine is
 * always reached directly.
 *
 * @throws SettingsError naming the setting that is no proxy's URL, and showing nothing of it, as it may hold a password.
 */
export function proxyFor(settings: ProxySettings, to: URL): URL | undefined {
  const host = hostOf(to);
  if (isLoopback(host)) return undefined;
  if (settings.proxy !== undefined) {
    return settings.proxy === 'none' ? undefined : readProxy('HOLDFAST_UPSTREAM_PROXY', settings.proxy);
  }
  if (isExempt(settings.noProxy, { host, port: portOf(to) })) return undefined;
  const [name, given] = /^(wss|https):$/.test(to.protocol)
    ? ['HTTPS_PROXY', settings.httpsProxy]
    : ['HTTP_PROXY', settings.httpProxy];
  if (given !== undefined) return readProxy(name, given);
  return settings.allProxy === undefined ? undefined : readProxy('ALL_PROXY', settings.allProxy);
}

/** What is wrong with the proxies through which these are reached; one proxy is named once. */
export const proxyProblems = (settings: ProxySettings, urls: readonly string[]): string[] => [
  ...new Set(urls.flatMap((url) => proxyProblem(settings, new URL(url)))),
];

function proxyProblem(settings: ProxySettings, to: URL): string[] {
  try {
    proxyFor(settings, to);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.lines;
    throw error;
  }
}

function readProxy(name: string, given: string): URL {
  // Other programs take a proxy without a scheme as http.
  const url = URL.parse(given.includes('://') ? given : `http://${given}`);
  const isProxy = url && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.port !== '0' && isDecodable(url);
  if (!isProxy) throw new SettingsError([`${name} is set, to something that is not shown: ${EXPECTED}`]);
  return url;
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Host without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Port, also where the URL leaves it to its scheme. */
export const portOf = ({ protocol, port }: URL): number =>
  port === '' ? (/^(wss|https):$/.test(protocol) ? 443 : 80) : Number(port);

/** Whether NO_PROXY names a peer: `*`, a name and all below it, an address, a network; each may have a port. */
export function isExempt(names: readonly string[], { host, port }: Peer): boolean {
  return names.some((entry) => {
    if (entry === '*') return true;
    const [, name = entry, itsPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
    if (itsPort !== undefined && Number(itsPort) !== port) return false;
    return isIP(host) > 0 ? holdsAddress(name, host) : holdsName(name, host);
  });
}

function holdsName(name: string, host: string): boolean {
  const suffix = name.toLowerCase().replace(/^\*?\./, '');
  const asked = host.toLowerCase().replace(/\.$/, '');
  return suffix !== '' && (asked === suffix || asked.endsWith(`.${suffix}`));
}

function holdsAddress(name: string, host: string): boolean {
  const [address = '', bits] = name.replace(/[[\]]/g, '').split('/');
  const family = isIP(address);
  if (family === 0 || family !== isIP(host)) return false;
  const list = new BlockList();
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const most = family === 6 ? 128 : 32;
  if (!(Number(bits ?? most) <= most)) return false;
  list.addSubnet(address, Number(bits ?? most), type);
  return list.check(host, type);
}

/** The value of `Proxy-Authorization`, where the proxy's URL names a user. */
export function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(secret).toString('base64')}`;
}

/** Asks a proxy, over a connection to it, for one to a peer; resolves with the same connection, which then is the peer's. */
export function tunnel(proxy: URL, over: Duplex, { host, port }: Peer, signal: AbortSignal): Promise<Duplex> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const credentials = credentialsOf(proxy);
  const asking = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(credentials !== undefined && { 'proxy-authorization': credentials }),
    },
    createConnection: () => over,
    signal,
  });
  return new Promise((resolve, reject) => {
    asking.once('connect', ({ statusCode = 0, statusMessage = '' }, socket, head) => {
      if (statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${statusCode} ${statusMessage}`.trim()));
    });
    asking.once('error', (error) => {
      over.destroy();
      reject(error);
    });
    asking.end();
  });
}
