/**
 * Where the native protocol is spoken, given where a gateway listens: a proxy's path and query are kept.
 *
 * @throws TypeError when it is no such address.
 */
export function nativeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol)) {
    throw new TypeError(`url is ${JSON.stringify(text)}: expected where a gateway listens, like ws://127.0.0.1:9443`);
  }
  if (url.hash !== '') throw new TypeError(`url is ${JSON.stringify(text)}: a WebSocket's address has no part after #`);
  url.pathname = `${url.pathname.replace(/\/(v1\/?)?$/, '')}/v1`;
  return url.href;
}
