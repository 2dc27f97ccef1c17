import { expect, test } from 'vitest';
import { passVariables } from '../../src/images/pass-variables.js';

test('build arguments are passed through the environment, unless docker itself would read them', () => {
  const { args, env } = passVariables('--build-arg', {
    SECRET: 's',
    PATH: '/p',
    https_proxy: 'h',
    DOCKER_HOST: 'd',
    GOPHER: 'g',
  });
  expect(args.join(' ')).toBe(
    '--build-arg SECRET --build-arg PATH=/p --build-arg https_proxy=h --build-arg DOCKER_HOST=d --build-arg GOPHER',
  );
  expect(env).toEqual({ SECRET: 's', GOPHER: 'g' });
});
