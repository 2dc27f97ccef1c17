import { wantsDebugLog } from '../os/debug/debug-log.js';
import { OwnProcess } from './own-process.js';
import { isPlainList, runPlainList } from './plain-list.js';
import { wantsJson } from './report-error.js';

const args = process.argv.slice(2);
const own = new OwnProcess(wantsJson(args));

own.listen();
if (wantsDebugLog(process.env)) own.io.debug.start();
void run();

async function run(): Promise<void> {
  try {
    if (isPlainList(args)) await runPlainList(own);
    else {
      const { makeProgram, withoutVainHelp } = await import('./program.js');
      const program = await makeProgram(own, args);
      await program.parseAsync(withoutVainHelp(program, args), { from: 'user' });
    }
  } catch (error) {
    own.fail(error);
  }
  own.end();
}
