import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mountedAs, networkKind } from './file-system.ts';

const mountinfo = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:35 / /mnt/far rw - fuse.sshfs me@host:/ rw
41 22 0:36 / /mnt/near rw - fuse.mergerfs a:b rw
42 22 0:37 / /mnt/with\\040space rw shared:1 - nfs4 host:/x rw
`;

test('network file systems are known by their numbers, also where the number is read as negative', () => {
  const never = () => assert.fail('only FUSE is looked up');
  assert.equal(networkKind(0x6969, never), 'NFS');
  assert.equal(networkKind(0xff534d42, never), 'CIFS');
  assert.equal(networkKind(0xff534d42 | 0, never), 'CIFS');
  for (const local of [0xef53, 0x9123683e, 0x58465342, 0x01021994]) assert.equal(networkKind(local, never), undefined);
});

test('behind FUSE the type of the mount decides', () => {
  const at = (folder: string) => networkKind(0x65735546, () => mountedAs(folder, mountinfo));
  assert.equal(at('/mnt/far/state'), 'fuse.sshfs');
  assert.equal(at('/mnt/near/state'), undefined);
});

test('the longest mount point that holds a folder is its mount', () => {
  assert.equal(mountedAs('/mnt/far', mountinfo), 'fuse.sshfs');
  assert.equal(mountedAs('/mnt/farther', mountinfo), 'ext4');
  assert.equal(mountedAs('/mnt/with space/x', mountinfo), 'nfs4');
});

test('whatever mountinfo holds, reading it never throws', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.stringMatching(/^[ -/\\0-9a-z]*$/)), (folder, lines) => {
      const type = mountedAs(folder, lines.join('\n'));
      assert.ok(type === undefined || typeof type === 'string');
    }),
  );
});
