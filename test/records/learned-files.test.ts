import { expect, test } from 'vitest';
import { LearnedFiles } from '../../src/records/learned-files.js';
import { createStateFolder } from '../../src/records/state-folder.js';
import { makeTempFolder } from '../support/project.js';

const NAMES = ['app', 'constructor', 'a-b'];

test.each(NAMES)('files learned for the service %s are kept for the next run', (service) => {
  const folder = createStateFolder(makeTempFolder());
  const learned = new LearnedFiles(folder, 'outputs');
  expect(learned.of(service)).toEqual([]);
  learned.keep(service, [...learned.of(service), 'dist/server.js']);
  expect(learned.of(service)).toEqual(['dist/server.js']);
  const next = new LearnedFiles(folder, 'outputs');
  expect(next.all).toEqual({ [service]: ['dist/server.js'] });
  next.clear();
  expect(new LearnedFiles(folder, 'outputs').of(service)).toEqual([]);
});
