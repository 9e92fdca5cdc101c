import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

// Loaded before the program (NODE_OPTIONS=--import …): it takes itself for a process of another machine.
os.hostname = () => 'other-host';
syncBuiltinESMExports();
