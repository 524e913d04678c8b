import {
  App,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from 'uWebSockets.js';
import type { Cancel, Clock } from '#libs/core';
import { type Access, type Log, certificateProblems, watchFiles, whyNotListening } from '#libs/runtime';

interface ListenerPlan {
  host: string;
  port: number;
  access: Access;
  clock: Clock;
  log: Log;
  /** Gives an app its routes. */
  furnish: (app: TemplatedApp) => void;
  /** A topic that everybody has joined who is in. */
  everybody: string;
}

/** The settings that say where clients connect. */
const NAMES = { hostSetting: 'HOLDFAST_HOST', portSetting: 'HOLDFAST_PORT' };

/** `us_listen_socket_option`: two processes must not share the port by accident. */
const EXCLUSIVE_PORT = 1;

/** What the typings do not know of an app: it can hand those who come to another one. */
interface HandingApp {
  getDescriptor(): unknown;
  addChildAppDescriptor(descriptor: unknown): void;
  removeChildAppDescriptor(descriptor: unknown): void;
  /** The typings know exclusive ports without a host only. It calls back before it returns. */
  listen(host: string, port: number, option: number, listened: (socket: us_listen_socket | false) => void): unknown;
}

/**
 * The port of the clients, with a certificate where there is one. An app of uWebSockets.js shows the one that it was made with. So
 * where another comes, the app that listens hands newcomers to a new one, and those before stay for as long as they have clients.
 * Names of certificates (`addServerName`) would not do: who connects to an address names nobody.
 */
export class UwsListener {
  /** The one that listens is the first, the one that newcomers get the last. */
  apps: readonly TemplatedApp[];
  private listening: us_listen_socket | undefined;
  private unwatch: Cancel = () => undefined;

  constructor(private readonly plan: ListenerPlan) {
    this.apps = [this.makeApp()];
  }

  get scheme(): 'ws' | 'wss' {
    return this.plan.access.settings.tlsCertFile === undefined ? 'ws' : 'wss';
  }

  /** Resolves with the port; rejects when it cannot be had. */
  async listen(): Promise<number> {
    const { host, port, clock, access } = this.plan;
    const { tlsCertFile, tlsKeyFile } = access.settings;
    this.handing?.listen(host, port, EXCLUSIVE_PORT, (socket) => {
      if (socket) this.listening = socket;
    });
    if (!this.listening) throw await whyNotListening({ host, port, ...NAMES });
    if (tlsCertFile !== undefined && tlsKeyFile !== undefined) {
      this.unwatch = watchFiles([tlsCertFile, tlsKeyFile], clock, () => this.renew());
    }
    return us_socket_local_port(this.listening);
  }

  /** From now on nobody new comes in. */
  stopListening(): void {
    this.unwatch();
    if (this.listening) us_listen_socket_close(this.listening);
    this.listening = undefined;
  }

  /** Closes the sockets that are left, and what holds the event loop. */
  close(): void {
    this.stopListening();
    for (const app of this.apps) app.close();
    this.apps = [];
  }

  /** The one that listens, for as long as this does. */
  private get handing(): HandingApp | undefined {
    return this.apps[0] && handingOf(this.apps[0]);
  }

  /** Lets newcomers see the certificate that the files hold now. */
  private renew(): void {
    const { access, log } = this.plan;
    const [why] = certificateProblems(access.settings);
    if (why !== undefined) {
      return log.error({ code: 'edge.bad-certificate', why }, 'the new certificate is bad: the one before is shown on');
    }
    const fresh = this.makeApp();
    const [newest] = this.apps.slice(1).slice(-1);
    if (newest) this.handing?.removeChildAppDescriptor(handingOf(newest).getDescriptor());
    this.handing?.addChildAppDescriptor(handingOf(fresh).getDescriptor());
    this.apps = [...this.apps.filter((app) => this.isNeeded(app)), fresh];
    log.info({ code: 'edge.certificate-read' }, 'newcomers see the new certificate');
  }

  /** The newest so far is left alone as well: somebody may be about to come in, who has joined nothing yet. */
  private isNeeded(app: TemplatedApp): boolean {
    if (app === this.apps[0] || app === this.apps.at(-1) || app.numSubscribers(this.plan.everybody) > 0) return true;
    app.close();
    return false;
  }

  private makeApp(): TemplatedApp {
    const { tlsCertFile, tlsKeyFile } = this.plan.access.settings;
    const isSecure = tlsCertFile !== undefined && tlsKeyFile !== undefined;
    const app = isSecure ? SSLApp({ cert_file_name: tlsCertFile, key_file_name: tlsKeyFile }) : App();
    this.plan.furnish(app);
    return app;
  }
}

const handingOf = (app: TemplatedApp): HandingApp => app as unknown as HandingApp;
