/**
 * The SDK in Node: how a stream is, trades by callback, the best prices in a loop, a book.
 *
 *   node examples/sdk.mjs [ws://127.0.0.1:9443] [--for SECONDS]
 */
import { parseArgs } from 'node:util';
import { HoldfastClient } from 'holdfast-client';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { for: { type: 'string' } } });
const url = positionals[0] ?? process.env.GATEWAY_URL ?? 'ws://127.0.0.1:9443';

const client = new HoldfastClient({
  url,
  connection: ({ state }) => console.log('connection', state),
  error: (error, where) => console.error(where, error),
});
client.start();

client.onState('btcusdt@trade', ({ state, why, missing }) => console.log('state', state, why, missing ?? ''));
client.on('btcusdt@trade', ({ id, taker, quantity, price }) => console.log('trade', id, taker, quantity, 'at', price));

const book = client.book('btcusdt@depth@100ms');

process.once('SIGINT', () => client.stop());
if (values.for) setTimeout(() => client.stop(), 1_000 * Number(values.for)).unref();

// Ends when the client is stopped.
for await (const { bid, ask } of client.stream('btcusdt@bookTicker')) {
  const { bids, asks } = book.top(3);
  console.log('best', bid, ask, 'book', book.isLive ? `${bids.join(' ')} | ${asks.join(' ')}` : book.why);
}
