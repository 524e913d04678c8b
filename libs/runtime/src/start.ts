import 'reflect-metadata';
import type { DynamicModule, INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo, Server } from 'node:net';
import type { Cancel, Clock } from '#libs/core';
import type { Access } from './access/index.js';
import { opsGate } from './access/ops-gate.js';
import { type ListenPlan, listenOn } from './listening.js';
import type { Log } from './log/log.js';
import { Metrics } from './metrics.js';
import { Ops } from './ops/ops.js';
import { type About, showAbout } from './process/about.js';
import { roomWarning } from './process/open-files.js';
import { warmUp } from './process/warm-up.js';
import type { Service } from './service.js';
import type { OpsSettings } from './settings/index.js';
import { sayStarted } from './started.js';
import { ACCESS, CLOCK, SERVICES } from './tokens.js';

export interface StartOptions {
  /** The app's root module; it provides `SERVICES` and imports `RuntimeModule.with(log)`. */
  module: Type | DynamicModule;
  /** Without `warmUpMs` nothing is warmed up. */
  ops: Pick<OpsSettings, 'opsHost' | 'opsPort'> & Partial<Pick<OpsSettings, 'warmUpMs'>>;
  log: Log;
  /** What the process is; absent where the app is only a part of one. */
  about?: About;
  /** Called before Nest initialises, for what must be there by then (a WebSocket adapter). */
  prepare?: (app: INestApplication) => void;
}

/** An app that runs. */
export interface Running {
  app: INestApplication;
  /** Base URL of the operators' HTTP server. */
  opsUrl: string;
  /** Lets those who are served go elsewhere, then stops everything in reverse order of the start. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts an app in the order its root module wrote down: the ops server first (a probe must get an answer while the rest
 * starts), then each service, once all have warmed up. If one fails, those before it are stopped and the error is thrown on.
 */
export async function start({ module, ops, log, about, prepare }: StartOptions): Promise<Running> {
  const app = await NestFactory.create(module, { logger: nestLog(log), abortOnError: false });
  prepare?.(app);
  const unwatch = guard(app, ops.opsHost, log);
  const services = app.get<Service[]>(SERVICES);
  if (about) introduce(about, app, log);
  app.get(Ops).ready('start', () => (started ? undefined : 'starting'));
  let started = false;
  const running: Service[] = [];
  const stop = once(async () => {
    app.get(Ops).stop();
    if (started) for (const service of running) await service.drain?.();
    unwatch();
    for (const service of running.reverse()) {
      await service.stop();
      log.info({ code: 'service.stopped', service: service.name }, 'stopped');
    }
    await app.close();
  });
  try {
    await app.init();
    await listenOn(app.getHttpServer() as Server, opsPlan(ops));
    log.info({ code: 'ops.listening', url: urlOf(app) }, 'operators look here');
    await warmUp(services, ops.warmUpMs ?? 0, log);
    for (const service of services) {
      running.push(service);
      await service.start();
      log.info({ code: 'service.started', service: service.name, url: service.url }, 'started');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  started = true;
  if (about) sayStarted(about.role, services, urlOf(app), log);
  return { app, opsUrl: urlOf(app), stop };
}

const opsPlan = ({ opsHost, opsPort }: StartOptions['ops']): ListenPlan => ({
  host: opsHost,
  port: opsPort,
  hostSetting: 'HOLDFAST_OPS_HOST',
  portSetting: 'HOLDFAST_OPS_PORT',
});

/** Puts the gate before the operators' pages, and follows the files that say who may come in. */
function guard(app: INestApplication, opsHost: string, log: Log): Cancel {
  const access = app.get<Access>(ACCESS);
  app.use(opsGate(access, opsHost, app.get(Metrics)));
  return access.watch(app.get<Clock>(CLOCK), log);
}

function introduce(about: About, app: INestApplication, log: Log): void {
  showAbout(about, app.get(Ops), app.get(Metrics));
  const warning = about.room && roomWarning(about.room);
  if (warning) log.warn({ code: 'process.few-files', ...about.room }, warning);
}

function urlOf(app: INestApplication): string {
  const { address, port, family } = app.getHttpServer().address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= act());
}

/** Nest's own lines, of which only troubles are worth an operator's time. */
function nestLog(log: Log): LoggerService {
  const write = (level: 'debug' | 'warn' | 'error') => (message: unknown) =>
    log[level]({ code: 'nest' }, String(message));
  return {
    log: write('debug'),
    warn: write('warn'),
    error: write('error'),
    debug: write('debug'),
    verbose: write('debug'),
  };
}
