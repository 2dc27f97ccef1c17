import { z } from 'zod';

const tlsFiles = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe("The certificate authority of the engine's certificate. Default: the public ones."),
  cert: z.string().min(1).describe('The client certificate of jamdev serve.'),
  key: z.string().min(1).describe('Its private key.'),
});

/** The schema of a drone's Docker Engine in `serve.drones`. */
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
      .describe('Files in PEM format; false: no TLS, for a network of trusted machines only.'),
  }),
]);

/** The Docker Engine of a drone in the config. */
export type DroneEndpoint = z.infer<typeof droneEndpointSchema>;

/** Files in PEM format, for TLS. */
export type TlsFiles = z.infer<typeof tlsFiles>;
