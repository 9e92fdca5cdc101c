/**
 * A line of progress as MEGAcmd 1.x and 2.x print it (`printPercentageLineCerr`): as wide as the screen, filled with
 * dots, the figures over its end. `unit`: it prints KB and MB; others have printed the others.
 */
export function progressLine(
  completed: number,
  total: number,
  percent: number,
  { columns = 80, unit }: { readonly columns?: number; readonly unit?: keyof typeof sizes } = {},
): string {
  const word = unit ?? (total < sizes.MB ? 'KB' : 'MB');
  const figure = (bytes: number) => Math.floor(bytes / sizes[word]);
  const figures = `||(${figure(completed)}/${figure(total)} ${word}: ${percent.toFixed(2).padStart(6)} %) `;
  const title = 'TRANSFERRING ||';
  const line = [...`${title}${'.'.repeat(Math.max(0, columns - title.length))}`].slice(0, columns);
  line.splice(Math.max(0, columns - figures.length), figures.length, ...figures);
  const bar = Math.max(0, columns - title.length - figures.length);
  for (let at = 0; at < (bar * Math.min(100, percent)) / 100; at += 1) line[title.length + at] = '#';
  return line.join('');
}

const sizes = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
