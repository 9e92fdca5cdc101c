import { createServer } from 'node:net';
import { connectReading } from '../socket-reading.ts';

/** The platform's, for the torrent library: the connections it opens receive without buffers of their own. */
export default { connect: connectReading, createServer };
