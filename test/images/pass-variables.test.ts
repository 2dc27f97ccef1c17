import { expect, test } from 'vitest';
import { passVariables } from '../../src/images/pass-variables.js';

test('values of build arguments go through the environment, unless docker would read them itself', () => {
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
