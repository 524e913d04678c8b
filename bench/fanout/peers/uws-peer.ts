import { App, us_socket_local_port as portOf } from 'uWebSockets.js';
import { STREAM } from './message.js';
import type { Listening, Peer } from './peer.js';

/** Bare uWebSockets.js and nothing else: what the edge is held against. */
export class UwsPeer implements Peer {
  private readonly app = App();

  listen(): Promise<Listening> {
    this.app.ws('/*', {
      maxBackpressure: 4_194_304,
      closeOnBackpressureLimit: true,
      open: (socket) => {
        socket.subscribe(STREAM);
      },
    });
    return new Promise((resolve, reject) => {
      this.app.listen('127.0.0.1', 0, (socket) => {
        if (socket) resolve({ port: portOf(socket), doors: { uws: { path: '/' } } });
        else reject(new Error('uWebSockets.js could not listen on 127.0.0.1'));
      });
    });
  }

  publish(text: string): void {
    this.app.publish(STREAM, text);
  }
}
