/** What a stream shows: to a person with a terminal, in lines of a width, with colour; to a program, plain words. */

export interface Screen {
  /** Characters of a line. */
  readonly width: number
  /** A person sees it as it is written. */
  readonly live: boolean
  write(text: string): void
  /** The text in a colour, where there are colours. */
  paint(colour: Colour, text: string): string
}

export type Colour = keyof typeof codes

const codes = { red: 31, green: 32, yellow: 33, grey: 90 }

/** @param env for NO_COLOR (no-color.org) and TERM */
export function openScreen(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown },
  env: Record<string, string | undefined>,
): Screen {
  const live = stream.isTTY === true && env.TERM !== 'dumb'
  const colourful = live && !env.NO_COLOR
  return {
    live,
    width: (live && stream.columns) || 100,
    write: (text) => void stream.write(text),
    paint: (colour, text) => (colourful ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text),
  }
}
