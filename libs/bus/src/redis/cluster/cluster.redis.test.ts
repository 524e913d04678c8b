import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { askContract } from '../../ports/ask.contract.js';
import { budgetContract } from '../../ports/budget.contract.js';
import { leaseContract } from '../../ports/lease.contract.js';
import { marksContract } from '../../ports/marks.contract.js';
import { messagesContract } from '../../ports/messages.contract.js';
import { termsContract } from '../../ports/terms.contract.js';
import { RedisBus } from '../redis-bus.js';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);
afterAll(() => cluster.stop());

const makeBus = (prefix = `${randomUUID()}:`): RedisBus =>
  new RedisBus({ redisUrl: cluster.url(), queueBytes: 1_000_000, prefix });

describe('the bus over a cluster', () => {
  describe('messages', () => {
    messagesContract(makeBus);
  });
  describe('terms', () => {
    termsContract(makeBus);
  });
  describe('the budget', () => {
    budgetContract(makeBus);
  });
  describe('marks', () => {
    marksContract(makeBus);
  });
  describe('asking', () => {
    askContract(makeBus);
  });
  describe('the lease, of two owners in one process', () => {
    leaseContract(() => {
      const bus = makeBus();
      return [bus, bus];
    });
  });
  describe('the lease, of two processes', () => {
    leaseContract(() => {
      const prefix = `${randomUUID()}:`;
      return [makeBus(prefix), makeBus(prefix)];
    });
  });
});
