import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The parts of a suggested Dockerfile, derived from the files of a project. */
interface Recipe {
  base: string;
  /** Steps before the code is copied, so that a code change does not repeat the installation. */
  install: readonly string[];
  /** The default start command. */
  command: string;
}

const NODE_LOCKS: readonly [lock: string, install: string][] = [
  ['package-lock.json', 'npm ci --omit=dev'],
  ['pnpm-lock.yaml', 'corepack enable && pnpm install --prod --frozen-lockfile'],
  ['yarn.lock', 'corepack enable && yarn install --immutable'],
];

/**
 * Suggests a Dockerfile for a project that has none.
 * @param command the command that starts a backend; undefined: unknown
 */
export function suggestDockerfile(folder: string, command: string | undefined): string {
  const { base, install, command: usual } = recipeFor((name) => existsSync(join(folder, name)), command);
  return [
    `FROM ${base}`,
    'WORKDIR /app',
    ...install,
    'COPY . .',
    '# The platform expects the server on this port.',
    'ENV PORT=8080',
    'EXPOSE 8080',
    '# In exec form, so that SIGTERM reaches the server directly.',
    `CMD ${formatCommand(command ?? usual)}`,
  ].join('\n');
}

function recipeFor(has: (name: string) => boolean, command: string | undefined): Recipe {
  const runs = /^\s*(\w+)/.exec(command ?? '')?.[1] ?? '';
  if (/^python/.test(runs) || (!has('package.json') && (has('requirements.txt') || has('pyproject.toml')))) {
    return python(has);
  }
  if (runs === 'deno' || has('deno.json')) {
    return { base: 'denoland/deno:latest', install: [], command: 'deno run --allow-all main.ts' };
  }
  if (runs === 'bun' || has('bun.lock') || has('bun.lockb')) {
    return {
      base: 'oven/bun:1',
      install: ['COPY package.json bun.lock* ./', 'RUN bun install --production'],
      command: 'bun start',
    };
  }
  if (runs === 'go' || has('go.mod')) return { base: 'golang:1', install: [], command: 'go run .' };
  return node(has);
}

function node(has: (name: string) => boolean): Recipe {
  const base = 'node:22-slim';
  if (!has('package.json')) return { base, install: [], command: 'node server.js' };
  const [lock, install] = NODE_LOCKS.find(([name]) => has(name)) ?? [undefined, 'npm install --omit=dev'];
  return {
    base,
    install: [`COPY package.json ${lock === undefined ? '' : `${lock} `}./`, `RUN ${install}`],
    command: 'npm start',
  };
}

function python(has: (name: string) => boolean): Recipe {
  const base = 'python:3.12-slim';
  const command = 'python3 server.py';
  if (has('requirements.txt')) {
    const install = ['COPY requirements.txt ./', 'RUN pip install --no-cache-dir -r requirements.txt'];
    return { base, install, command };
  }
  if (has('pyproject.toml')) return { base, install: ['COPY . .', 'RUN pip install --no-cache-dir .'], command };
  return { base, install: [], command };
}

/** Formats a command as a list of words, unless it needs a shell. */
function formatCommand(command: string): string {
  const words = command.trim().split(/\s+/);
  const isPlain = words.every((word) => /^[\w@%+=:,./-]+$/.test(word)) && !/^\w+=/.test(words[0] ?? '');
  return JSON.stringify(
    isPlain ? words : ['sh', '-c', /^[\w./]+ /.test(command) && !/[;&|]/.test(command) ? `exec ${command}` : command],
  ).replaceAll('","', '", "');
}
