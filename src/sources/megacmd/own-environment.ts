import { environment } from '../../config/environment.ts';

/** What MEGAcmd needs to find its session and its server. */
const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'MEGACMD_SOCKET_NAME',
  'MEGACMD_WORKING_FOLDER_SUFFIX',
];

/** The environment of MEGAcmd's programs: nothing of ours that they do not need. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const all = environment();
  return Object.fromEntries(passedOn.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}
