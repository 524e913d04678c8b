import { describe, expect, it } from 'vitest';
import { type RestAsked, type RestQuestion, readQuestion } from './question.js';

const ask = (path: string, query?: string, more: Partial<RestAsked> = {}) =>
  readQuestion({ method: 'get', path: `/api/v3/${path}`, query, timeUnit: '', ...more });

const question = (...given: Parameters<typeof ask>): RestQuestion => {
  const read = ask(...given);
  if (!read.ok) throw new Error(read.problem.body.toString());
  return read.value;
};

const refusal = (...given: Parameters<typeof ask>): [status: number, code: unknown] => {
  const read = ask(...given);
  if (read.ok) throw new Error('it was understood');
  return [read.problem.status, (JSON.parse(read.problem.body.toString()) as { code: unknown }).code];
};

describe('a question to REST', () => {
  it('is the same in whatever order and however it is encoded, and another in another unit', () => {
    const { key, parameters } = question('klines', 'symbol=BTCUSDT&interval=1m&timeZone=-1:00');
    expect(question('klines', '&timeZone=-1%3A00&%73ymbol=BTCUSD%54&interval=1m&').key).toBe(key);
    expect(Object.fromEntries(parameters)).toEqual({ symbol: 'BTCUSDT', interval: '1m', timeZone: '-1:00' });
    expect(question('klines', 'symbol=BTCUSDT&interval=1M&timeZone=-1:00').key).not.toBe(key);
    const micros = question('klines', 'symbol=BTCUSDT&interval=1m&timeZone=-1:00', { timeUnit: 'microsecond' });
    expect([micros.key === key, micros.timeUnit]).toEqual([false, 'MICROSECOND']);
    expect(question('uiKlines', 'symbol=BTCUSDT&interval=1m&timeZone=-1:00').key).not.toBe(key);
  });

  it('cannot be made to look like another one', () => {
    expect(question('trades', 'symbol=A%2Climit').key).not.toBe(question('trades', 'symbol=A&limit=').key);
    for (const value of [
      'A%22%2C%22limit',
      'A%26limit%3D5',
      '%3Cscript%3E',
      '..%2F..%2Fetc',
      "A'",
      'A+OR+1',
      '[%22A',
    ]) {
      expect([value, ...refusal('trades', `symbol=${value}`)]).toEqual([value, 400, -1100]);
    }
    expect(question('ticker', 'symbols=["A", "币安人生USDT"]').parameters.get('symbols')).toBe('["A","币安人生USDT"]');
  });

  it('is the same however it is spelt: lists in any order, numbers with zeros in front', () => {
    const { key, parameters } = question('ticker', 'symbols=["A","B","C"]');
    for (const list of ['["C","A","B"]', '["B", "A", "C"]', '[%22C%22,%22B%22,%22A%22]'])
      expect(question('ticker', `symbols=${list}`).key).toBe(key);
    expect(parameters.get('symbols')).toBe('["A","B","C"]');
    expect(question('exchangeInfo', 'permissions=["SPOT","MARGIN","SPOT"]').parameters.get('permissions')).toBe(
      '["MARGIN","SPOT"]',
    );
    expect(question('trades', 'symbol=A&limit=0010').key).toBe(question('trades', 'symbol=A&limit=10').key);
    expect(question('trades', 'symbol=A&limit=00').parameters.get('limit')).toBe('0');
    expect(question('trades', 'symbol=001&limit=x0').parameters.get('symbol')).toBe('001');
  });

  it.each([
    ['ping', '', 1],
    ['exchangeInfo', '', 20],
    ['depth', 'symbol=A', 5],
    ['depth', 'symbol=A&limit=101', 25],
    ['depth', 'limit=1000&symbol=A', 50],
    ['depth', 'symbol=A&limit=1001', 250],
    ['depth', 'symbol=A&limit=99999', 250],
    ['trades', 'symbol=A', 25],
    ['historicalTrades', 'symbol=A&fromId=1', 25],
    ['aggTrades', 'symbol=A', 4],
    ['klines', 'symbol=A&interval=1m', 2],
    ['ticker', 'symbols=["A","B"]', 8],
    ['ticker/tradingDay', `symbols=[${Array.from({ length: 60 }, (_, at) => `"A${at}"`).join(',')}]`, 200],
    ['ticker/24hr', 'symbol=A', 2],
    ['ticker/24hr', `symbols=[${Array.from({ length: 21 }, (_, at) => `"A${at}"`).join(',')}]`, 40],
    ['ticker/24hr', '', 80],
    ['ticker/price', 'symbol=A', 2],
    ['ticker/bookTicker', 'symbols=["A"]', 4],
  ])('%s?%s weighs %d, as Binance counts it', (path, query, weight) => {
    const { route, parameters } = question(path, query);
    expect(route.weight(parameters)).toBe(weight);
  });

  it.each([
    ['account', '', 404, -5000],
    ['order', 'symbol=A', 404, -5000],
    ['userDataStream', '', 404, -5000],
    ['ping/', '', 404, -5000],
    ['../v3/ping', '', 404, -5000],
    ['%70ing', '', 404, -5000],
    ['Ping', '', 404, -5000],
    ['constructor', '', 404, -5000],
    ['', '', 404, -5000],
    ['trades', 'symbol=A&apiKey=k', 400, -1104],
    ['trades', 'symbol=A&signature=s&timestamp=1&recvWindow=5', 400, -1104],
    ['trades', 'symbol=A&fromId=1', 400, -1104],
    ['ping', 'x', 400, -1104],
    ['trades', 'symbol=A&symbol=B', 400, -1101],
    ['trades', 'symbol=A&%73ymbol=B', 400, -1101],
    ['trades', 'symbol=%E0%A4%A', 400, -1100],
    ['ticker', 'symbols=["A","B","A"]', 400, -1151],
    ['ticker', 'symbols=["A",]', 400, -1100],
    ['ticker', 'symbols=["A""B"]', 400, -1100],
    ['trades', `symbol=${'A'.repeat(8_192)}`, 414, -1101],
  ])('%s?%s is refused in Binance’s form', (path, query, status, code) => {
    expect(refusal(path, query)).toEqual([status, code]);
  });

  it('is asked with GET or HEAD and nothing else, where the path is one', () => {
    for (const method of ['post', 'put', 'delete', 'options', 'patch'])
      expect(refusal('trades', 'symbol=A', { method })).toEqual([405, -1000]);
    expect(refusal('order', '', { method: 'post' })).toEqual([404, -5000]);
    expect(question('trades', 'symbol=A', { method: 'head' }).path).toBe('/api/v3/trades');
  });
});
