/**
 * The native protocol with nothing but a WebSocket: each stream's feed states, and events with their places, so that a lost one is seen.
 * It comes back from where it was when the gateway goes away.
 *
 *   node examples/plain-ws.mjs [ws://127.0.0.1:9443] [--for SECONDS]
 */
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { for: { type: 'string' } } });
const url = positionals[0] ?? process.env.GATEWAY_URL ?? 'ws://127.0.0.1:9443';
const stream = 'btcusdt@trade';

let place; // of the newest message: { epoch, seq }
let socket;
let isOver = false;

function connect() {
  socket = new WebSocket(`${url}/v1`);
  socket.addEventListener('open', () => {
    const since = place && { since: { [stream]: place } };
    socket.send(JSON.stringify({ event: 'subscribe', id: 1, data: { streams: [stream], ...since } }));
  });
  socket.addEventListener('message', ({ data }) => read(JSON.parse(data)));
  socket.addEventListener('error', ({ message }) => console.error(message));
  socket.addEventListener('close', ({ code, reason }) => {
    console.log('closed', code, reason);
    // 4500 to 4999 say: not unchanged.
    if (code < 4500 || code > 4999) setTimeout(() => isOver || connect(), 1_000);
  });
}

function read(message) {
  if (message.event === 'error') return console.error('refused', message.data.code, message.data.message);
  if (message.event === 'subscribed') return console.log('subscribed', JSON.stringify(message.data));
  if (message.event) return; // the gateway's limits, which one subscription is far from
  const { type, epoch, seq } = message;
  if (place && epoch === place.epoch && seq > place.seq + 1) console.log('lost', seq - place.seq - 1, 'messages');
  place = { epoch, seq };
  if (type === 'feed') console.log('feed', message.state, message.cause, JSON.stringify(message.missing ?? ''));
  else console.log(type, message.id, message.taker, message.quantity, 'at', message.price);
}

function end() {
  isOver = true;
  socket.close();
}

connect();
process.once('SIGINT', end);
if (values.for) setTimeout(end, 1_000 * Number(values.for)).unref();
