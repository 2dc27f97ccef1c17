import { existsSync, readdirSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';

/** How servers in a language read their port from the environment. */
interface Language {
  name: string;
  /** Names of programs that run the language. */
  programs: readonly string[];
  /** Files of projects in the language; `*` stands for any name. */
  files: readonly string[];
  /** Output about a taken port that is unique to the language. */
  output?: RegExp;
  line: string;
}

/** Ordered by specificity: a front end's package.json says little about the server. */
const NODE = 'Node.js';
const LANGUAGES: readonly Language[] = [
  {
    name: 'Deno',
    programs: ['deno'],
    files: ['deno.json', 'deno.jsonc', 'deno.lock'],
    output: /Uncaught.*AddrInUse/,
    line: 'Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8080) }, handler)',
  },
  {
    name: 'Bun',
    programs: ['bun'],
    files: ['bun.lock', 'bun.lockb', 'bunfig.toml'],
    line: 'Bun.serve({ port: Number(process.env.PORT ?? 8080), fetch })',
  },
  {
    name: 'Java',
    programs: ['java', 'javaw', 'mvn', 'mvnw', 'gradle', 'gradlew', 'kotlin', 'scala', 'sbt', 'clojure'],
    files: ['pom.xml', 'build.gradle', 'build.gradle.kts', 'build.sbt', '*.jar', '*.java'],
    output: /java\.net\.BindException|Web server failed to start/,
    line: `Integer.parseInt(System.getenv().getOrDefault("PORT", "8080")), in Spring Boot server.port=\${PORT:8080}`,
  },
  {
    name: 'Go',
    programs: ['go', 'air'],
    files: ['go.mod', '*.go'],
    output: /listen tcp\d? \S+: bind: /,
    line: 'http.ListenAndServe(":"+cmp.Or(os.Getenv("PORT"), "8080"), nil)',
  },
  {
    name: 'Python',
    programs: ['python', 'py', 'uvicorn', 'gunicorn', 'hypercorn', 'flask', 'uv', 'poetry', 'pipenv'],
    files: ['pyproject.toml', 'requirements.txt', 'Pipfile', 'manage.py', '*.py'],
    output: /OSError: \[Errno \d+\]|\[Errno \d+\] .*address already in use/i,
    line: 'int(os.environ.get("PORT", "8080"))',
  },
  {
    name: 'Rust',
    programs: ['cargo'],
    files: ['Cargo.toml'],
    output: /kind: AddrInUse/,
    line: 'std::env::var("PORT").unwrap_or("8080".into())',
  },
  {
    name: 'Ruby',
    programs: ['ruby', 'bundle', 'rails', 'puma', 'rackup'],
    files: ['Gemfile', 'config.ru', '*.rb'],
    output: /Errno::EADDRINUSE/,
    line: 'Integer(ENV.fetch("PORT", "8080"))',
  },
  {
    name: '.NET',
    programs: ['dotnet'],
    files: ['*.csproj', '*.fsproj', '*.sln'],
    output: /Failed to bind to address/,
    line: 'app.Run($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}")',
  },
  {
    name: 'PHP',
    programs: ['php', 'frankenphp'],
    files: ['composer.json', '*.php'],
    output: /Failed to listen on/,
    line: `php -S "127.0.0.1:\${PORT:-8080}"`,
  },
  {
    name: 'Elixir',
    programs: ['mix', 'elixir', 'iex'],
    files: ['mix.exs'],
    output: /:eaddrinuse/,
    line: 'String.to_integer(System.get_env("PORT", "8080"))',
  },
  {
    name: NODE,
    programs: ['node', 'nodemon', 'tsx', 'ts-node'],
    files: ['package.json'],
    output: /code: 'EADDRINUSE'/,
    line: 'server.listen(process.env.PORT ?? 8080)',
  },
];

/** Clues about the language of a server. */
export interface ServerTraces {
  /** The configured command line, and those of its processes. */
  commands: readonly string[];
  /** The last lines of output. */
  output: readonly string[];
  /** Names of files in the server's folder. */
  files: readonly string[];
}

/** Describes the two ways to run a server that listens on a fixed port, as the end of a sentence. */
export function fixedPortAdvice(traces: ServerTraces): string {
  const language = findLanguage(traces);
  const line = language === undefined ? '' : ` (in ${language.name}: ${language.line})`;
  const container =
    'run it in a container, where port 8080 is its own, as in production: write a Dockerfile, and set "dockerfile": "Dockerfile" in the config';
  return `change it to listen on the port in the variable PORT${line}, or ${container}.`;
}

/** Returns the names of the files in a folder; none if it can't be read. */
export function filesIn(folder: string): string[] {
  try {
    return existsSync(folder) ? readdirSync(folder) : [];
  } catch (error) {
    noteHandled('processes', 'listing the files of a server', error);
    return [];
  }
}

/** Returns the language of a command line, if it is not Node.js; undefined if it is, or if it is unknown. */
export function otherLanguageOf(command: string): string | undefined {
  const language = findLanguage({ commands: [command], output: [], files: [] });
  return language?.name === NODE ? undefined : language?.name;
}

/** Whether the output says that a port is taken. */
export function saysPortTaken(output: readonly string[]): boolean {
  return output.some((line) =>
    /EADDRINUSE|AddrInUse|address (?:is )?already in use|port \d+ (?:is|was) already in use/i.test(line),
  );
}

/** Finds the language by output first, then by program, then by files. */
function findLanguage({ commands, output, files }: ServerTraces): Language | undefined {
  const words = commands.flatMap((command) => command.split(/[\s;&|()"']+/)).map(programName);
  return (
    LANGUAGES.find((language) => output.some((line) => language.output?.test(line))) ??
    LANGUAGES.find(({ programs }) => words.some((word) => programs.includes(word))) ??
    LANGUAGES.find((language) => language.files.some((pattern) => files.some((file) => matches(file, pattern))))
  );
}

/** Returns the name of a program without path and version: `/usr/bin/python3.12` becomes python. */
function programName(word: string): string {
  return (word.split('/').at(-1) ?? '').replace(/(?<=[a-z])[\d.]+$/, '');
}

function matches(file: string, pattern: string): boolean {
  return pattern.startsWith('*') ? file.endsWith(pattern.slice(1)) : file === pattern;
}
