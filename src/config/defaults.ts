import type { RawConfig } from './validate.ts';

/** The defaults of schema.ts, at hand without loading it. Made by build/config-files.ts. */
export const defaults: RawConfig = {
  version: 1,
  downloads: {
    directory: '~/Downloads',
    file_mode: '0640',
  },
  queue: {
    slots: 4,
    slots_per_host: 'off',
    if_exists: 'ask',
  },
  limits: {
    rate: 'off',
    rate_per_download: 'off',
    schedule: [],
    schedule_time_zone: 'system',
  },
  retry: {
    max_tries: 5,
    first_wait: 2000,
    longest_wait: 600_000,
  },
  checkpoint: {
    bytes: 10_000_000,
    interval: 30_000,
  },
  http: {
    connections: 8,
    connections_per_host: 8,
    connections_after: 1000,
    least_piece: 1_048_576,
    connect_timeout: 10_000,
    headers_timeout: 30_000,
    idle_timeout: 60_000,
    low_speed: 1024,
    low_speed_time: 120_000,
    user_agent: 'longhaul/{version}',
    max_redirects: 10,
    headers: [],
    allow_downgrade: false,
    netrc: false,
  },
  hosts: {},
  categories: {},
  sftp: {},
  mega: {
    engine: 'embedded',
    program: 'mega-get',
    idle_timeout: 300_000,
    gateway: 'https://g.api.mega.co.nz/',
  },
  ffmpeg: {
    stalled_after: 60_000,
  },
  convert: {
    presets: {},
  },
  space: {
    headroom: 'auto',
    check_every: 30_000,
  },
  extract: {
    max_bytes: 'off',
    max_entries: 100_000,
    max_ratio: 200,
    seven_zip: 'auto',
    unar: 'auto',
  },
  move: {},
  upload: {
    rate: 'off',
    idle_timeout: 60_000,
    answer_timeout: 300_000,
    hosts: {},
  },
  retention: {
    max_files: 'off',
    max_bytes: 'off',
    max_age: 'off',
    categories: {},
    partials_after: 86_400_000,
    forget_failed_after: 'off',
  },
  lease: {
    ttl: 30_000,
    heartbeat: 10_000,
    scan: 5000,
  },
  store: {
    backups: 7,
  },
  database: {},
  log: {
    level: 'info',
    rooms: {},
    format: 'auto',
    file: true,
    max_size: 10_000_000,
    keep: 5,
  },
};
