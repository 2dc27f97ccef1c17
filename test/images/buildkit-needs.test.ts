import { describe, expect, test } from 'vitest';
import { describeNeeds, findBuildKitNeeds } from '../../src/images/buildkit-needs.js';

describe('features of a Dockerfile that need BuildKit', () => {
  test.each([
    ['RUN --mount=type=cache,target=/root/.npm npm ci', 'RUN --mount (line 2)'],
    ['run   --network=none true', 'RUN --network (line 2)'],
    ['RUN --security=insecure true', 'RUN --security (line 2)'],
    ['COPY --link a b', 'COPY --link (line 2)'],
    ['COPY --from=a --link a b', 'COPY --link (line 2)'],
    ['COPY --chmod=755 a b', 'COPY --chmod (line 2)'],
    ['COPY --parents a b', 'COPY --parents (line 2)'],
    ['ADD --checksum=sha256:1 https://a.example/b /', 'ADD --checksum (line 2)'],
    ['ADD https://github.com/a/b.git /b', 'ADD of a Git repository (line 2)'],
    ['RUN <<EOF\necho a\nEOF', 'RUN <<EOF (line 2)'],
    ['COPY <<-"END" /file\n\ta\n\tEND', 'COPY <<END (line 2)'],
    ['RUN \\\n  # a comment\n  --mount=type=secret,id=a \\\n  true', 'RUN --mount (line 2)'],
    ['FROM --platform=$BUILDPLATFORM node', '$BUILDPLATFORM (line 2)'],
  ])('include %j', (text, needs) => {
    const found = findBuildKitNeeds(`FROM node\n${text}\n`);
    expect(describeNeeds(found)).toBe(needs);
    expect(found.every(({ fails }) => fails)).toBe(true);
  });

  test.each([
    ['# syntax=docker/dockerfile:1\nFROM node', '# syntax= (line 1)'],
    ['# escape=\\\n#syntax = docker/dockerfile:1\nFROM node', '# syntax= (line 2)'],
    ['FROM node\nARG TARGETARCH\nRUN echo $TARGETARCH', '$TARGETARCH (line 3)'],
  ])('include %j, which builds without it but perhaps to another result', (text, needs) => {
    const found = findBuildKitNeeds(text);
    expect(describeNeeds(found)).toBe(needs);
    expect(found.some(({ fails }) => fails)).toBe(false);
  });

  test.each([
    'FROM node\n# syntax=docker/dockerfile:1',
    'FROM node\nRUN cat <<EOF > /a \\\n&& true',
    'FROM node\nRUN echo --mount=a',
    'FROM --platform=linux/amd64 node AS a\nCOPY --from=a --chown=1:1 a b',
    'FROM node\n# RUN --mount=type=cache true',
    'FROM node\nRUN echo $((1<<2))',
    'FROM node\nHEALTHCHECK --interval=5s CMD true',
    '',
  ])('do not include %j', (text) => {
    expect(findBuildKitNeeds(text)).toEqual([]);
  });

  test('are listed once, without the content of heredocs', () => {
    const text = 'FROM node\nRUN <<A <<B\nCOPY --link a b\nA\nRUN --mount=a\nB\nCOPY --link a b\nCOPY --link c d\n';
    expect(describeNeeds(findBuildKitNeeds(text))).toBe('RUN <<A (line 2), RUN <<B (line 2), COPY --link (line 7)');
  });
});
