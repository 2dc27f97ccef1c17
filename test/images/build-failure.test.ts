import { expect, test } from 'vitest';
import { describeBuildFailure } from '../../src/images/build-failure.js';

const CASES: [what: string, output: string, failure: RegExp][] = [
  [
    'classic: a command fails',
    `Step 1/2 : FROM node:22-slim
 ---> 9debc007c9b3
Step 2/2 : RUN npm ci
 ---> Running in 79a4e2717033
npm error code EUSAGE
The command '/bin/sh -c npm ci' returned a non-zero code: 1`,
    /^step 2\/2 failed, RUN npm ci with exit code 1$/,
  ],
  [
    'BuildKit: a command fails in a named stage',
    `#5 [build 2/3] RUN npm ci
#5 0.161 npm error code EUSAGE
#5 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
------
 > [build 2/3] RUN npm ci:
------
Dockerfile:2
ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1`,
    /^step 2\/3 failed, RUN npm ci with exit code 1$/,
  ],
  [
    'BuildKit: another step runs at the same time as the failing one',
    `#5 [2/4] RUN false
#6 [other 1/1] RUN sleep 9
#5 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1
#6 CANCELED
ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1`,
    /^step 2\/4 failed, RUN false with exit code 1$/,
  ],
  [
    'classic: a file is missing',
    `Step 2/2 : COPY missing /
COPY failed: file not found in build context or excluded by .dockerignore: stat missing: file does not exist`,
    /^step 2\/2 failed, COPY missing \/: COPY failed: .* stat missing/,
  ],
  [
    'classic: no network for the base image',
    `Step 1/1 : FROM --platform=linux/amd64 node:99 AS base
Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host`,
    /^the base image node:99 can't be pulled \(Get .*no such host\): .*the network/,
  ],
  [
    'classic: a base image that needs a login',
    `Step 1/1 : FROM me/private
pull access denied for me/private, repository does not exist or may require 'docker login': denied: access`,
    /^the base image me\/private can't be pulled .*docker login/,
  ],
  [
    'BuildKit: a base image that does not exist',
    `#3 [internal] load metadata for docker.io/library/node:99
#3 ERROR: docker.io/library/node:99: not found
------
ERROR: failed to solve: node:99: failed to resolve source metadata for docker.io/library/node:99: docker.io/library/node:99: not found`,
    /^the base image node:99 can't be pulled/,
  ],
  [
    'BuildKit: a base image only for other machines',
    `#3 [internal] load metadata for docker.io/me/arm:1
#3 ERROR: no match for platform in manifest: not found
ERROR: failed to solve: me/arm:1: no match for platform in manifest: not found`,
    /^the base image me\/arm:1 does not support linux\/amd64/,
  ],
  [
    'a full disk',
    `Step 2/2 : COPY . /
failed to copy files: write /var/lib/docker/x: no space left on device`,
    /disk is full: free some space/,
  ],
  [
    'the same text printed by a step',
    `Step 2/2 : RUN docker ps
Cannot connect to the Docker daemon at unix:///x/docker.sock. Is the docker daemon running?
The command '/bin/sh -c docker ps' returned a non-zero code: 1`,
    /^step 2\/2 failed, RUN docker ps with exit code 1$/,
  ],
  [
    'an invalid instruction',
    'Error response from daemon: dockerfile parse error line 2: unknown instruction: RUNN',
    /^dockerfile parse error line 2: unknown instruction: RUNN$/,
  ],
  ['no output', '', /^exit code 1$/],
];

test.each(CASES)('%s', (_what, output, failure) => {
  expect(describeBuildFailure(output.split('\n'), 1, 'linux/amd64')).toMatch(failure);
});
