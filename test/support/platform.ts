import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { serviceErrors } from '../../src/contract/errors/service-errors.js';
import { LogStore } from '../../src/logs/log-store.js';
import type { Clock } from '../../src/os/clock.js';
import { Platform } from '../../src/platform/platform.js';
import type { BuildSource, ImageSource } from '../../src/platform/services.js';
import type { SessionSettings } from '../../src/platform/session-settings.js';
import { ProcessRuntime } from '../../src/runtime/process/process-runtime.js';
import { makeTempFolder } from './project.js';
import { makeRegister } from './register.js';

export interface TestPlatform {
  platform: Platform;
  logs: LogStore;
  folder: string;
}

export const NO_IMAGES: ImageSource = {
  find: async (service, tag) => {
    throw serviceErrors.imageNotFound(service.name, tag, [], false);
  },
  list: async () => [],
};

const NO_SETTINGS: SessionSettings = {
  useStaticToken: false,
  maxIdleSeconds: undefined,
  lifetimeLimitSeconds: undefined,
  gracePeriodSeconds: undefined,
};

/** A platform with the child-process runtime, and one definition per service, all with the same command. */
export function makePlatform(
  command: string,
  clock: Clock,
  services: readonly string[] = ['default'],
  env: Record<string, string> = {},
  images: ImageSource = NO_IMAGES,
  sessions: () => Partial<SessionSettings> = () => ({}),
): TestPlatform {
  const folder = makeTempFolder();
  const runtime = new ProcessRuntime(makeRegister());
  const logs = new LogStore(join(folder, 'logs'));
  const build = { kind: 'process', number: 1, command, cwd: folder, env, remap8080: false } as const;
  const builds: BuildSource = {
    current: async () => build,
    untilUsable: async () => undefined,
    overwrites: () => 0,
    assertUsable: () => undefined,
  };
  const sessionsOf = () => ({ ...NO_SETTINGS, ...sessions() });
  const platform = new Platform(services, { runtime, builds, images, clock, logs, runId: 'test', sessionsOf });
  onTestFinished(async () => {
    await platform.terminateAll(true);
    await runtime.close();
  });
  return { platform, logs, folder };
}
