/** One line on stderr that says what is being done, for whoever waits longer than a second. It leaves nothing behind. */
import type { Screen } from './screen.ts'

export interface Progress {
  /** What is being done now; the line shows it with the seconds since the beginning. */
  say(doing: string): void
  /** Takes the line away, writes something that stays, and brings the line back. */
  around(write: () => void): void
  /** Takes the line away for good. */
  end(): void
}

const patience = 1_000

/** @param screen where the line is shown; nothing at all where it is no terminal */
export function showProgress(screen: Screen): Progress {
  if (!screen.live) return { say() {}, around: (write) => write(), end() {} }
  const began = Date.now()
  let doing = ''
  let shown = false

  function draw(): void {
    const seconds = Math.round((Date.now() - began) / 1000)
    if (!doing || seconds < 1) return
    const line = `${doing} ... ${seconds} s`
    // A line that the terminal breaks could not be taken back.
    const fitting = line.length < screen.width ? line : `${line.slice(0, screen.width - 4)}...`
    screen.write(`\r\x1b[K${screen.paint('grey', fitting)}`)
    shown = true
  }

  function clear(): void {
    if (shown) screen.write('\r\x1b[K')
    shown = false
  }

  const timer = setInterval(draw, patience)
  timer.unref()
  return {
    say(next) {
      doing = next
      if (shown) draw()
    },
    around(write) {
      const wasShown = shown
      clear()
      write()
      if (wasShown) draw()
    },
    end() {
      clearInterval(timer)
      clear()
    },
  }
}
