import { expect, test } from 'vitest';
import { judgeBuilder } from '../../../../src/cli/commands/doctor/builder.js';
import { findBuildKitNeeds } from '../../../../src/images/buildkit-needs.js';

const needs = (text: string) => [{ name: 'Dockerfile', needs: findBuildKitNeeds(`FROM node\n${text}\n`) }];

test.each([
  ['buildkit', 'RUN --mount=type=cache true', 'ok', 'BuildKit'],
  ['classic', 'RUN true', 'ok', 'the classic builder'],
  ['classic', 'RUN --mount=type=cache true', 'failure', '(Dockerfile: RUN --mount (line 2))'],
  ['classic', 'ARG TARGETARCH\nRUN echo $TARGETARCH', 'warning', '$TARGETARCH (line 3)'],
  ['podman', 'RUN --mount=type=cache true', 'ok', "Podman's builder"],
] as const)('%s and %j: %s', (builder, text, status, says) => {
  const finding = judgeBuilder(builder, needs(text));
  expect(finding).toMatchObject({ check: 'docker builder', status, text: expect.stringContaining(says) });
  if (status !== 'ok') expect(finding.remedy).toMatch(/buildx|DOCKER_BUILDKIT/);
});
