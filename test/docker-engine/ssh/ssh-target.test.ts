import { describe, expect, test } from 'vitest';
import { sshProblem } from '../../../src/docker-engine/ssh/ssh-problem.js';
import { readSshUrl, sshArguments, sshCommand } from '../../../src/docker-engine/ssh/ssh-target.js';

describe('the host of ssh://', () => {
  test.each([
    ['ssh://far', ['--', 'far'], 'ssh far', undefined],
    ['ssh://me@far.example', ['-l', 'me', '--', 'far.example'], 'ssh me@far.example', undefined],
    ['ssh://me@far:2222', ['-l', 'me', '-p', '2222', '--', 'far'], 'ssh -p 2222 me@far', undefined],
    ['ssh://Far_Host', ['--', 'Far_Host'], 'ssh Far_Host', undefined],
    ['ssh://[2001:db8::7]:22', ['-p', '22', '--', '2001:db8::7'], 'ssh -p 22 2001:db8::7', undefined],
    ['ssh://far/run/user/1000/docker.sock', ['--', 'far'], 'ssh far', '/run/user/1000/docker.sock'],
    ['ssh://far/', ['--', 'far'], 'ssh far', undefined],
  ])('%s', (url, args, command, socket) => {
    const target = readSshUrl(url);
    expect(sshArguments(target)).toEqual(args);
    expect(sshCommand(target)).toBe(command);
    expect(target.socket).toBe(socket);
  });

  test.each([
    ['ssh://', 'no host'],
    ['ssh://me:secret@far', 'password'],
    ['ssh://far?a=b', 'more than a path'],
    ['ssh://far#a', 'more than a path'],
    // The command that is suggested for checking would read it as an option.
    ['ssh://-oProxyCommand=x', 'its host'],
    ['ssh://-oProxyCommand=x@far', 'its user'],
    ['ssh://me@-far', 'its host'],
    // A ProxyCommand with %h or %r passes them to a shell.
    ...['`id`', '$(id)', 'a;id', 'a|id', 'a&id', 'a b', 'a\nb', "a'b", 'a"b', 'a\\b', '{a}'].flatMap((name) => [
      [
        `ssh://${encodeURIComponent(name).replace(/[()']/g, (each) => `%${each.charCodeAt(0).toString(16)}`)}`,
        'its host',
      ],
      [`ssh://${encodeURIComponent(name)}@far`, 'its user'],
    ]),
    ['ssh://%zz', 'its host'],
    ['ssh://%zz@far', 'its user'],
    ['ssh://far/%zz', 'its path'],
  ])('%s is refused', (url, detail) => {
    expect(() => readSshUrl(url)).toThrow(detail);
    expect(() => readSshUrl(url)).not.toThrow('secret');
  });
});

describe('the output of ssh is explained', () => {
  const target = readSshUrl('ssh://me@far');
  test.each([
    ['Host key verification failed.', 'Host key verification failed', 'accept it once by hand: ssh me@far'],
    [
      'No ED25519 host key is known for far and you have requested strict checking.\r\nHost key verification failed.\r\n',
      'Host key verification failed',
      'accept it',
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key for far has changed.\nHost key verification failed.\n',
      'Host key verification failed',
      'ssh-keygen -R far',
    ],
    ['me@far: Permission denied (publickey).\r\n', 'Permission denied (publickey)', 'ssh-add'],
    ['ssh: connect to host far port 22: Connection refused', 'Connection refused', 'ssh me@far'],
    ['Timeout, server far not responding.', 'Timeout, server far not responding', 'network'],
    ['channel 3: open failed: connect failed: open failed', 'open failed', 'docker version'],
    ['spawn ssh ENOENT', 'spawn ssh ENOENT', 'Install OpenSSH'],
    ['', 'without a reason', 'ssh me@far'],
  ])('%j', (words, detail, remedy) => {
    expect(sshProblem('ssh://me@far', target, words)).toMatchObject({
      code: 'EngineUnreachable',
      message: expect.stringContaining(detail),
      remedy: expect.stringContaining(remedy),
    });
  });
});
