/** What stays on disk after the last step: what was downloaded, what the last steps left, all, or nothing. */
export const keeps = ['source', 'result', 'both', 'none'] as const;
export type Keep = (typeof keeps)[number];
