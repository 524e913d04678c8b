import { describe, expect, it } from 'vitest';
import { type WhereRules, refuseWhereabouts } from './where-from.js';

const LOOPBACK: WhereRules = { listensOn: '127.0.0.1', allowedHosts: [], allowedOrigins: [] };
const PUBLIC: WhereRules = { ...LOOPBACK, listensOn: '0.0.0.0' };

const why = (host: string, origin: string, rules: WhereRules): string | undefined =>
  refuseWhereabouts({ host, origin }, rules)?.why;

describe('the name by which a port is called', () => {
  it.each(['localhost', 'localhost:9443', 'LOCALHOST.', '127.0.0.1:1', '127.9.9.9', '[::1]:9443', 'a.localhost:3'])(
    'may be %s on a loopback address',
    (host) => expect(why(host, '', LOOPBACK)).toBeUndefined(),
  );

  it.each([
    'evil.example',
    'localhost.evil.example:9443',
    '127.0.0.1.evil.example',
    '192.168.1.7:9443',
    '',
    ':9443',
    'a b',
    'user@localhost',
    'localhost:999999',
    '[::1',
  ])('may not be %j there', (host) => expect(why(host, '', LOOPBACK)).toBe('host'));

  it('may be any on an address that others reach, unless some are listed', () => {
    expect(why('gateway.example', '', PUBLIC)).toBeUndefined();
    expect([why('', '', PUBLIC), why('', 'https://evil.example', PUBLIC)]).toEqual([undefined, 'origin']);
    const listed = { ...PUBLIC, allowedHosts: ['gateway.example', '*.inner.example:9443'] };
    const good = ['gateway.example:1', 'a.inner.example:9443', '10.1.2.3:9464', '[fd00::7]:9464', 'localhost'];
    for (const host of good) expect(why(host, '', listed)).toBeUndefined();
    const bad = ['evil.example', 'a.inner.example', 'inner.example:9443', 'xgateway.example'];
    for (const host of bad) expect(why(host, '', listed)).toBe('host');
    expect(why('stream.binance.com:9443', '', { ...LOOPBACK, allowedHosts: ['stream.binance.com'] })).toBeUndefined();
    expect(why('anything.example', '', { ...LOOPBACK, allowedHosts: ['*'] })).toBeUndefined();
  });
});

describe('the page that a request is from', () => {
  it.each(['', 'http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080', 'http://app.localhost'])(
    'may be %j',
    (origin) => {
      expect(why('localhost:9443', origin, LOOPBACK)).toBeUndefined();
      expect(why('gateway.example', origin, PUBLIC)).toBeUndefined();
    },
  );

  it.each(['https://evil.example', 'null', 'file://', 'http://localhost.evil.example', 'chrome-extension://abc', 'x'])(
    'may not be %j',
    (origin) => {
      expect(why('localhost:9443', origin, LOOPBACK)).toBe('origin');
      expect(why('10.0.0.7:9443', origin, PUBLIC)).toBe('origin');
    },
  );

  it('may be of the same host, where that is an address or a name that is listed', () => {
    expect(why('10.0.0.7:9443', 'http://10.0.0.7', PUBLIC)).toBeUndefined();
    const listed = { ...PUBLIC, allowedHosts: ['gateway.example'] };
    expect(why('gateway.example:9443', 'https://gateway.example', listed)).toBeUndefined();
  });

  it('is refused where its name was only pointed at us', () => {
    expect(why('evil.example:9443', 'http://evil.example:9443', PUBLIC)).toBe('origin');
  });

  it('may be one of a list', () => {
    const rules = { ...PUBLIC, allowedOrigins: ['https://app.example', 'https://*.desk.example:8443', 'null'] };
    for (const origin of ['https://app.example', 'https://APP.example:443', 'https://a.desk.example:8443', 'null'])
      expect(why('gateway.example', origin, rules)).toBeUndefined();
    for (const origin of ['http://app.example', 'https://app.example:8443', 'https://a.desk.example', 'https://b'])
      expect(why('gateway.example', origin, rules)).toBe('origin');
    expect(why('gateway.example', 'https://any.example', { ...PUBLIC, allowedOrigins: ['*'] })).toBeUndefined();
  });

  it('is shown no longer than a line', () => {
    const refusal = refuseWhereabouts({ host: 'localhost', origin: `https://${'x'.repeat(30_000)}` }, LOOPBACK);
    expect(refusal?.body.length).toBeLessThan(250);
  });
});

describe('a browser that names no origin', () => {
  const asks = (site: string, dest: string, rules = LOOPBACK): string | undefined =>
    refuseWhereabouts({ host: 'localhost', origin: '', site, dest }, rules)?.why;

  it('asks for nothing on behalf of a page of others, and shows who follows a link from there what there is', () => {
    for (const site of ['cross-site', 'same-site']) {
      for (const dest of ['image', 'empty', 'iframe', 'script', '']) expect(asks(site, dest)).toBe('origin');
      expect(asks(site, 'document')).toBeUndefined();
      expect(asks(site, 'image', { ...LOOPBACK, allowedOrigins: ['*'] })).toBeUndefined();
    }
    for (const site of ['same-origin', 'none', '']) expect(asks(site, 'empty')).toBeUndefined();
  });
});
