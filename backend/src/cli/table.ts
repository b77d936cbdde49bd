/** Columns as wide as their widest cell, two blanks between them; the last one is left as it is. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => [...(line[column] ?? '')].length)));
  const padded = (line: readonly string[]): string =>
    line
      .map((cell, column) =>
        column === line.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - [...cell].length),
      )
      .join('  ')
      .trimEnd();
  return lines.map(padded).join('\n');
}

/** `2026-11-25 03:40`: short, sortable, in UTC like everything else we print. */
export const shortTime = (time: string | undefined): string => (time ? time.slice(0, 16).replace('T', ' ') : '');

/** Text from the cluster may hold control characters: none of them reaches the terminal. */
// eslint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�');

export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** A number as a person reads it: three digits that matter. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  const [divisor, unit] = size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e4 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / divisor).toPrecision(3))}${unit}`;
}
