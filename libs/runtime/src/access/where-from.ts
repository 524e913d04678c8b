import { isIP } from 'node:net';
import { isLoopback } from '../process/doors.js';
import { type AccessRefusal, forbidden } from './access-refusal.js';

/** What a request says of where it was sent to, and from which page; both empty where it says nothing. */
export interface Whereabouts {
  /** `Host`. */
  host: string;
  /** `Origin`. */
  origin: string;
  /** `Sec-Fetch-Site`: a browser that names no origin says at least whether the page is another's. */
  site?: string | undefined;
  /** `Sec-Fetch-Dest`. */
  dest?: string | undefined;
}

/** Where it came in, and who may be named. */
export interface WhereRules {
  /** The address that the port is on. */
  listensOn: string;
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
}

/** A host and a port as they stand in an address. */
interface Authority {
  name: string;
  port: string | undefined;
}

/**
 * Keeps web pages out that are not ours. A browser says which page a request is from, and by which name it found us: a page may
 * point a name of its own at our address, and would then be one of the same host.
 */
export function refuseWhereabouts(whereabouts: Whereabouts, rules: WhereRules): AccessRefusal | undefined {
  const { host, origin } = whereabouts;
  // Who speaks HTTP/1.0 names nobody; browsers, which can be led astray by a name, always do.
  const called = host === '' && mayBeAny(rules) ? UNNAMED : readAuthority(host);
  if (!called || !mayBeCalled(called, rules)) {
    return forbidden('host', `Host ${shown(host)} is none of this address: HOLDFAST_ALLOWED_HOSTS`);
  }
  if (origin === '') return isForOthers(whereabouts, rules) ? OF_ANOTHER_PAGE : undefined;
  if (mayCome(origin, called, rules)) return undefined;
  return forbidden('origin', `Pages of ${shown(origin)} may not come in here: HOLDFAST_ALLOWED_ORIGINS`);
}

/**
 * A page may ask without an `Origin`, as for a picture: it cannot read what it is answered, but has been answered. Who follows a link to here
 * sees the answer himself.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
const isForOthers = ({ site, dest }: Whereabouts, { allowedOrigins }: WhereRules): boolean =>
  (site === 'cross-site' || site === 'same-site') && dest !== 'document' && !allowedOrigins.includes('*');

const OF_ANOTHER_PAGE = forbidden('origin', 'Pages of others may not ask for anything here: HOLDFAST_ALLOWED_ORIGINS');

const UNNAMED: Authority = { name: '', port: undefined };

const mayBeAny = ({ listensOn, allowedHosts }: WhereRules): boolean =>
  !isLoopback(listensOn) && allowedHosts.length === 0;

function mayBeCalled(called: Authority, rules: WhereRules): boolean {
  if (mayBeAny(rules) || isOfThisMachine(called.name) || isListed(called, rules.allowedHosts)) return true;
  return !isLoopback(rules.listensOn) && isIP(called.name) > 0;
}

function mayCome(origin: string, called: Authority, { allowedHosts, allowedOrigins }: WhereRules): boolean {
  const [scheme = '', rest = ''] = origin.toLowerCase().split('://', 2);
  const page = readAuthority(rest);
  if (allowedOrigins.some((allowed) => isOrigin(allowed.toLowerCase(), scheme, page))) return true;
  if (!page || (scheme !== 'http' && scheme !== 'https')) return false;
  if (isOfThisMachine(page.name)) return true;
  // The same host, by an address or a name that we know: a name that we do not know may be anybody's, pointed at us.
  return page.name === called.name && (isIP(called.name) > 0 || isListed(called, allowedHosts));
}

function isOrigin(allowed: string, scheme: string, page: Authority | undefined): boolean {
  if (allowed === '*' || allowed === scheme) return true;
  const [itsScheme, rest] = allowed.split('://', 2);
  const its = rest === undefined ? undefined : readAuthority(rest);
  if (!its || !page || itsScheme !== scheme || !isNamed(its.name, page.name)) return false;
  return (its.port ?? USUAL[scheme]) === (page.port ?? USUAL[scheme]);
}

const USUAL: Readonly<Record<string, string>> = { http: '80', https: '443' };

const isListed = (called: Authority, list: readonly string[]): boolean =>
  list.some((item) => {
    const its = item === '*' ? undefined : readAuthority(item);
    if (!its) return item === '*';
    return isNamed(its.name, called.name) && (its.port === undefined || its.port === called.port);
  });

const isNamed = (pattern: string, name: string): boolean =>
  pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;

const isOfThisMachine = (name: string): boolean => isLoopback(name) || name.endsWith('.localhost');

/** Undefined for what is none. In lower case, without the brackets of IPv6 and without the dot at the end of a full name. */
function readAuthority(text: string): Authority | undefined {
  const [, name, port] = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase().replace(/^\[|\]$|\.$/g, ''), port };
}

/** A stranger's text, no longer than a line. */
const shown = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
