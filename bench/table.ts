/** A table as Markdown, lined up so that it reads well in a terminal too. */

export interface Table {
  readonly title: string
  /** The first column is text, the others are figures. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What a reader has to know to understand the figures. */
  readonly note?: string
}

export function format({ title, columns, rows, note }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)))
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!))
  const line = (cells: readonly string[]) => `| ${columns.map((_, at) => pad(cells[at] ?? '', at)).join(' | ')} |`
  const ruler = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [`### ${title}`, '', line(columns), ruler, ...rows.map(line), ...(note ? ['', note] : []), ''].join('\n')
}
