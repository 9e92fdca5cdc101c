import { hostFileSource } from '../one-stream/host-file-source.ts';
import { createSftpSource } from './sftp-source.ts';

/** A thread that downloads over SFTP for the main one. */
hostFileSource(createSftpSource, 'sources/sftp');
