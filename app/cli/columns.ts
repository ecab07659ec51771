/** Text in columns: every cell is broken to the width of its column, the lines of one row stand side by side. */

const gap = '  '

/**
 * One row.
 * @param widths characters of each column
 * @param breaks without it a cell that is too long stays whole and sticks out, so that a program finds the row on one line
 */
export function row(cells: readonly string[], widths: readonly number[], breaks = true): string {
  const broken = cells.map((cell, column) => (breaks ? wrap(cell, widths[column]!) : [cell]))
  const height = Math.max(...broken.map((lines) => lines.length))
  const lineAt = (line: number) => broken.map((lines, column) => (lines[line] ?? '').padEnd(widths[column]!)).join(gap)
  return Array.from({ length: height }, (_, line) => lineAt(line).trimEnd()).join('\n')
}

/**
 * As wide as the longest cell of each column, but one column that gives way where the whole would be too wide.
 * @param width characters there are
 */
export function widthsOf(rows: readonly (readonly string[])[], { width, gives }: { width: number; gives: number }): number[] {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  const others = widths.reduce((sum, each) => sum + each, 0) - widths[gives]! + gap.length * (columns - 1)
  widths[gives] = Math.max(Math.min(widths[gives]!, width - others), 20)
  return widths
}

/** Breaks a text into lines at spaces; a word that is longer than a line is cut. */
export function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line ? `${line} ${word}` : word
    while (line.length > width) {
      lines.push(line.slice(0, width))
      line = line.slice(width)
    }
  }
  return [...lines, line]
}
