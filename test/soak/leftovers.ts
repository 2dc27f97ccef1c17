import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { argumentsOf, environmentOf, listProcesses } from '../../src/processes/process-table.js';
import { ask } from './http-client.js';
import type { SoakProject } from './project.js';

/** Descriptions of what remains of a soak after its dev server has ended. */
export interface Leftovers {
  processes: string[];
  containers: string[];
  tempFiles: string[];
  ports: string[];
}

/**
 * Searches for leftovers of a soak without asking jamdev.
 * @param ports that its backends listened on
 * @param name of the soak: the beginning of the tags of all its backends
 */
export async function findLeftovers(project: SoakProject, name: string, ports: Iterable<number>): Promise<Leftovers> {
  return {
    processes: (await listOwnProcesses(project.root, name)).map(({ pid, line }) => `${pid} ${line}`),
    containers: (await listContainers(project)).map(({ line }) => line),
    tempFiles: readdirSync(project.temp),
    ports: await listeningPorts(ports, name),
  };
}

/** Finds backends of earlier lives. @param runId of the living dev server */
export async function findSurvivors(
  project: SoakProject,
  name: string,
  life: number,
  runId: string,
): Promise<string[]> {
  const processes = await listOwnProcesses(project.root, name);
  const containers = await listContainers(project);
  return [
    ...processes.filter((each) => each.life !== undefined && each.life < life).map(({ pid, line }) => `${pid} ${line}`),
    ...containers.filter(({ run }) => run !== runId).map(({ line }) => line),
  ];
}

/** Removes the images of a project, which jamdev keeps for its next start. */
export async function removeImages({ folder, runtime }: SoakProject): Promise<void> {
  if (runtime !== 'docker') return;
  const images = await docker('images', '--quiet', '--filter', `label=dev.jamdev.project=${folder}`);
  if (images.length > 0) await docker('rmi', '--force', ...new Set(images));
}

/** @returns the address of this machine as containers see it; undefined when no engine with the base image answers */
export async function addressForContainers(): Promise<string | undefined> {
  try {
    await docker('image', 'inspect', '--format', '{{.Id}}', 'node:22-slim');
    if (process.platform === 'darwin') return 'host.docker.internal';
    const [gateway] = await docker('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}', 'bridge');
    return gateway;
  } catch {
    return undefined;
  }
}

/** Found by their command lines and, on Linux, environments: the folder of the soak, or the tag of a backend. */
async function listOwnProcesses(root: string, name: string) {
  const tag = new RegExp(`${name}-(\\d+)`);
  const found: { pid: number; line: string; life: number | undefined }[] = [];
  for (const { pid, zombie } of await listProcesses()) {
    if (zombie || pid === process.pid) continue;
    const line = (await argumentsOf(pid)).join(' ');
    const text = [line, ...(environmentOf(pid) ?? [])].join('\n');
    const life = tag.exec(text)?.[1];
    if (life === undefined && !text.includes(root)) continue;
    found.push({ pid, line, life: life === undefined ? undefined : Number(life) });
  }
  return found;
}

async function listContainers({ folder, runtime }: SoakProject): Promise<{ run: string; line: string }[]> {
  if (runtime !== 'docker') return [];
  const format = '{{.Label "dev.jamdev.run"}} {{.ID}} {{.Names}} {{.Status}}';
  const lines = await docker('ps', '--all', '--filter', `label=dev.jamdev.project=${folder}`, '--format', format);
  return lines.map((line) => ({ run: line.split(' ')[0] ?? '', line }));
}

async function listeningPorts(ports: Iterable<number>, name: string): Promise<string[]> {
  const answers = await Promise.all(
    [...ports].map(async (port) => ({ port, answer: await ask(`http://127.0.0.1:${port}/who`) })),
  );
  // Another program may listen there by now.
  return answers.flatMap(({ port, answer }) => (answer?.text.startsWith(name) ? [`${port}`] : []));
}

/** Runs a docker command. @returns the lines that it printed */
async function docker(...args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('docker', args);
  return stdout.split('\n').filter((line) => line !== '');
}
