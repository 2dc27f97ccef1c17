import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runSql } from '../support/postgres.js';
import { Balancer } from './balancer.js';
import { DatabasePart } from './database-part.js';
import { type Machine, startMachines } from './machines.js';
import type { Part } from './part.js';
import { takePorts } from './port-block.js';
import { type ClusterPlan, controllerPart, dronePart, proxyPart, type ServerPart, servePart } from './programs.js';
import { loadSessionImage } from './session-image.js';

type Pair<T> = readonly [T, T];

/** A whole cluster with two of each part except the database, on its own machines, as a team would run it. */
export interface Cluster {
  readonly controllers: Pair<Part>;
  readonly drones: Pair<Part>;
  readonly proxies: Pair<ServerPart>;
  readonly serves: Pair<ServerPart>;
  readonly database: Part;
  /** The machines of the drones, in order. */
  readonly machines: Pair<Machine>;
  /** The common address of both `jamdev serve`. */
  readonly apiUrl: string;
  /** The port of the common address of both proxies, on loopback. */
  readonly proxyPort: number;
  /** The name of the cluster, which is the host of connection URLs. */
  readonly host: string;
  /** The folder of all mounts. */
  readonly mounts: string;
  stop(): Promise<void>;
}

/** Starts a cluster and waits until every part is up. */
export async function startCluster(): Promise<Cluster> {
  const around = await startMachines();
  const { folder, here, databaseUrl, machines } = around;
  const image = await loadSessionImage(machines.map(({ socket }) => socket));
  // A proxy of Plane refuses all tokens with 410 until it has found a controller, as its /ready shows.
  const { front, ports } = await takePorts(6, '/ready');
  const [proxyA, proxyB, controllerA, controllerB, serveA, serveB] = ports as [
    ...[number, number, number, number, number, number],
  ];
  const controllerFront = await Balancer.listen([controllerA, controllerB], { host: here });
  const apiFront = await Balancer.listen([serveA, serveB]);
  const mounts = join(folder, 'mounts');
  mkdirSync(mounts);
  chmodSync(mounts, 0o777);
  const plan: ClusterPlan = {
    ...{ around, image, mounts, host: `localhost:${front.port}` },
    controllerUrl: `http://${here}:${controllerFront.port}`,
    database: await createDatabase(databaseUrl),
    apiUrl: `http://127.0.0.1:${apiFront.port}`,
  };
  const engines = { 'dr-1': machines[0].socket, 'dr-2': machines[1].socket };
  const controllers = [
    controllerPart(plan, 'controller-1', controllerA),
    controllerPart(plan, 'controller-2', controllerB),
  ] as const;
  const drones = [dronePart(plan, 'dr-1', machines[0]), dronePart(plan, 'dr-2', machines[1])] as const;
  const proxies = [proxyPart(plan, 'px-1', proxyA), proxyPart(plan, 'px-2', proxyB)] as const;
  const serves = [servePart(plan, 'serve-1', serveA, engines), servePart(plan, 'serve-2', serveB, engines)] as const;
  const stop = async () => {
    await Promise.all([...serves, ...proxies, ...drones, ...controllers].map((part) => part.stop()));
    await Promise.all([front, controllerFront, apiFront].map((balancer) => balancer.close()));
    await around.stop();
  };
  try {
    for (const group of [controllers, drones, proxies, serves]) {
      for (const part of group) part.start();
      await Promise.all(group.map((part) => part.untilUp()));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ controllers, drones, proxies, serves, machines, mounts, host: plan.host, stop },
    database: new DatabasePart(folder, databaseUrl),
    apiUrl: plan.apiUrl,
    proxyPort: front.port,
  };
}

async function createDatabase(databaseUrl: string): Promise<string> {
  await runSql(databaseUrl, 'create database serve');
  const url = new URL(databaseUrl);
  url.pathname = '/serve';
  return url.href;
}
