import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { NatsCounter } from './nats-counter.js';

it('counts every message once, wherever frames cut them and whatever they say', () => {
  const text = fc.string({ maxLength: 40 }).map((said) => Buffer.from(`MSG ${said}\r\n`));
  fc.assert(
    fc.property(fc.array(text), fc.integer({ min: 1, max: 30 }), (texts, cut) => {
      const sent = texts.flatMap((one) => [
        Buffer.from(`MSG trade 1 ${one.length}\r\n`),
        one,
        Buffer.from('\r\nPING\r\n'),
      ]);
      const bytes = Buffer.concat([Buffer.from('INFO {"a":1}\r\n'), ...sent]);
      const counter = new NatsCounter();
      for (let at = 0; at < bytes.length; at += cut) counter.take(bytes, at, Math.min(bytes.length, at + cut));
      expect(counter.messages).toBe(texts.length);
    }),
    { numRuns: 60 },
  );
});
