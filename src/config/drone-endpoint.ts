import { z } from 'zod';

const tlsFiles = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe("The certificate authority of the engine's certificate. Default: public ones."),
  cert: z.string().min(1).describe('The certificate that jamdev serve shows to the engine.'),
  key: z.string().min(1).describe('Its private key.'),
});

/** How `serve.drones` names the Docker Engine of a drone. */
export const droneEndpointSchema = z.union([
  z
    .string()
    .regex(
      /^(unix:\/\/\/.|ssh:\/\/[^/])/,
      'must be unix:///PATH, ssh://USER@HOST or {"url": "tcp://HOST:PORT", "tls": {...}}',
    ),
  z.strictObject({
    url: z.string().regex(/^tcp:\/\/[^/?#@\s]+$/, 'must be tcp://HOST:PORT'),
    tls: z
      .union([z.literal(false), tlsFiles])
      .describe('Files in PEM form; false: none, for a network that only trusted machines reach.'),
  }),
]);

/** A Docker Engine of a drone, as the config names it. */
export type DroneEndpoint = z.infer<typeof droneEndpointSchema>;

/** Files in PEM form, for a connection over TLS. */
export type TlsFiles = z.infer<typeof tlsFiles>;
