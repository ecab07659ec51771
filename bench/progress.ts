/** Says on stderr what is measured now: a run takes minutes, and stdout is for the tables. */

export function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`)
}
