import { hostFileSource } from '../one-stream/host-file-source.ts';
import { createFtpSource } from './ftp-source.ts';

/** A thread that downloads over FTP for the main one. */
hostFileSource(createFtpSource, 'sources/ftp');
