import { readFileSync, statfsSync } from 'node:fs';
import { StoreFailure } from './store.ts';

/**
 * File systems that may be shared with another machine: WAL needs shared memory and honest locks,
 * which they cannot give (https://sqlite.org/wal.html#noshm). The numbers are those of statfs(2) and
 * linux/magic.h.
 */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0xaad7aaea, 'PanFS'],
]);

/** FUSE has one number for all; what is behind it stands in mountinfo. */
const fuse = 0x65735546;
const networkFuse =
  /^fuse\.(sshfs|rclone|glusterfs|s3fs|goofys|gcsfuse|davfs2?|curlftpfs|cephfs|ceph-fuse|moosefs|juicefs|smbnetfs|afp\w*)$/;

/** Throws `StoreFailure` when the folder lies on a network file system. */
export function refuseNetworkFileSystem(folder: string): void {
  const kind = networkKindOf(folder);
  if (kind === undefined) return;
  throw new StoreFailure(
    `the database cannot lie on a network file system (${folder} is ${kind}): set LONGHAUL_HOME to a folder on a local disk`,
  );
}

/** Only Linux numbers its file systems this way; Windows tells by the path. */
function networkKindOf(folder: string): string | undefined {
  if (process.platform === 'win32') return /^(\\\\|\/\/)(?![?.])/.test(folder) ? 'a network share' : undefined;
  if (process.platform !== 'linux') return undefined;
  return networkKind(statfsSync(folder).type, () => mountedAs(folder, readFileSync('/proc/self/mountinfo', 'utf8')));
}

/** The name of a network file system by its number; `behindFuse` tells the mount's type where FUSE is. */
export function networkKind(type: number, behindFuse: () => string | undefined): string | undefined {
  const number = type >>> 0;
  if (number !== fuse) return networkTypes.get(number);
  const mounted = behindFuse();
  return mounted !== undefined && networkFuse.test(mounted) ? mounted : undefined;
}

/** The type of the mount that holds `folder`, from the text of proc(5) mountinfo. */
export function mountedAs(folder: string, mountinfo: string): string | undefined {
  let best = { point: '', type: undefined as string | undefined };
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const point = before
      ?.split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const holds =
      point !== undefined && (folder === point || folder.startsWith(point.endsWith('/') ? point : `${point}/`));
    if (holds && point.length >= best.point.length) best = { point, type: after?.split(' ')[0] };
  }
  return best.type;
}
