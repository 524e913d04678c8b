import { App, type TemplatedApp, us_socket_local_port as portOf } from 'uWebSockets.js';

/** Bare uWebSockets.js whose clients say in their URL which streams they want, as Binance's do; without a word they get all. */
export function bareServer(streams: readonly string[]): { app: TemplatedApp; listen: () => Promise<number> } {
  const app = App();
  app.ws<{ wanted: string | undefined }>('/*', {
    upgrade: (response, request, context) => {
      const [key, protocol, extensions] = ['key', 'protocol', 'extensions'].map((name) =>
        request.getHeader(`sec-websocket-${name}`),
      );
      response.upgrade({ wanted: request.getQuery('streams') }, key ?? '', protocol ?? '', extensions ?? '', context);
    },
    open: (socket) => {
      const wanted = socket.getUserData().wanted?.split('/') ?? streams;
      for (const stream of wanted) socket.subscribe(stream);
    },
  });
  const listen = (): Promise<number> =>
    new Promise((resolve, reject) => {
      app.listen('127.0.0.1', 0, (socket) => (socket ? resolve(portOf(socket)) : reject(new Error('cannot listen'))));
    });
  return { app, listen };
}
