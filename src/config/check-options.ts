import { z } from 'zod';
import { firstIssue } from '../contract/parse-request.js';
import { configErrors } from './config-errors.js';
import type { DevServerOptions } from './dev-flags.js';
import { nearest } from './nearest.js';
import { configFileSchema } from './schema.js';

const { command, build, env, remap8080, runtime, dockerfile, platform, onChange, useStaticToken, warm } =
  configFileSchema.shape;
const { port, proxyPort, host, allowedHosts } = configFileSchema.shape;
const text = z.string().min(1).optional();
const texts = z.array(z.string());

/** The options of startDevServer(), with the same rules as the config file's keys. */
export const optionsSchema = z.strictObject({
  ...{ folder: text, config: text, runtime, command, build, env, envFile: texts.optional(), remap8080 },
  ...{ dockerfile, context: text, dockerNetwork: text, platform },
  ...{ watch: z.union([z.boolean(), texts]).optional(), ignore: texts.optional(), onChange, useStaticToken, warm },
  ...{ port, proxyPort, host, allowedHosts },
});

/**
 * Checks options that code passes, possibly unchecked by a compiler.
 * @throws JamdevError `Usage` for an unknown option or a wrong value
 */
export function checkOptions(options: unknown): asserts options is DevServerOptions {
  const result = optionsSchema.safeParse(options);
  if (result.success) return;
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0) {
    const name = issue.keys[0] ?? '';
    const known = Object.keys(optionsSchema.shape);
    throw configErrors.optionUnknown(name, nearest(name, known), known, Object.hasOwn(configFileSchema.shape, name));
  }
  const { path, detail } = firstIssue(result.error, options);
  throw configErrors.optionInvalid(path, detail);
}
