/** Where somebody may put a token into a request: each as it stands there, empty where there is none. */
export interface Wallet {
  authorization: string;
  /** Of `Sec-WebSocket-Protocol`. */
  protocols: string;
  query: string;
}

/** A token, and what is left of the request without it. */
export interface Credential {
  token?: string;
  /** The subprotocol to answer with; empty where none was asked for. */
  protocol: string;
  query: string;
}

/** A subprotocol that is a token: pages cannot set headers. */
const IN_PROTOCOL = 'bearer.';

/** The parameter of the query. */
const IN_QUERY = 'token';

/** Takes the token out of a request: from the header, else from a subprotocol, else from the query. */
export function readCredential({ authorization, protocols, query }: Wallet): Credential {
  const offered = protocols
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const carrier = offered.find((one) => one.startsWith(IN_PROTOCOL));
  const parameters = query.split('&');
  const found = parameters.find(isToken);
  const token =
    /^bearer +(\S+) *$/i.exec(authorization)?.[1] ??
    carrier?.slice(IN_PROTOCOL.length) ??
    (found === undefined ? undefined : decoded(found.slice(IN_QUERY.length + 1)));
  return {
    ...(token !== undefined && { token }),
    // A browser ends a connection whose subprotocols were all passed over, so a token that stands alone is answered with itself.
    protocol: offered.find((one) => one !== carrier) ?? carrier ?? '',
    query: found === undefined ? query : parameters.filter((parameter) => !isToken(parameter)).join('&'),
  };
}

const isToken = (parameter: string): boolean => parameter.startsWith(`${IN_QUERY}=`);

/** What is not URL-encoded UTF-8 is nobody's token, and refused as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
