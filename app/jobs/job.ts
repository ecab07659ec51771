/** One long call that its caller asks about: whether it has its turn, how far it is, what it has said. */
import type { Json } from '../call.ts'
import type { TaskRun, TaskWaiter } from '../mcp/task-run.ts'
import { shortened } from '../redact.ts'
import type { Places } from './places.ts'
import { type Progress, textOf } from './progress.ts'

export interface LogLine {
  readonly at: string
  readonly level: string
  readonly message: string
}

const mostLines = 100
const longestLine = 500
/** How often (ms) the database is told how far it is. */
const tellEvery = 1_000

export class Job implements TaskWaiter {
  run: TaskRun | undefined
  running = false
  progress: Progress | undefined
  readonly lines: LogLine[] = []
  /** Starts one that waits for that. */
  start: () => void = () => {}
  private readonly started: Promise<void>
  private readonly place: Places['take']
  private toldAt = Number.NEGATIVE_INFINITY

  /**
   * @param place waits for a free place
   * @param waits it does not begin before it is started
   */
  constructor(place: Places['take'], waits: boolean) {
    this.place = place
    this.started = waits ? this.untilStarted() : Promise.resolve()
  }

  async turn(cancelled: AbortSignal): Promise<void> {
    this.run?.say()
    await this.place(cancelled, this.started)
    this.running = true
    this.run?.say()
  }

  heard(method: string, params: Json): void {
    if (method === 'notifications/message') this.hear(params)
    if (method !== 'notifications/progress') return
    const { progress, total, message } = params
    this.progress = {
      done: Number(progress),
      total: typeof total === 'number' ? total : undefined,
      message: typeof message === 'string' ? message : this.progress?.message,
    }
    const now = performance.now()
    if (now - this.toldAt < tellEvery) return
    this.toldAt = now
    this.run?.say()
  }

  private untilStarted(): Promise<void> {
    return new Promise((resolve) => {
      this.start = resolve
    })
  }

  get said(): string {
    return textOf(this.running, this.progress)
  }

  private hear({ level, data }: Json): void {
    const message = shortened(typeof data === 'string' ? data : (JSON.stringify(data) ?? ''), longestLine)
    this.lines.push({ at: new Date().toISOString(), level: String(level), message })
    if (this.lines.length > mostLines) this.lines.shift()
  }
}
