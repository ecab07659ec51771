/** How far a job is, as the one text that the database keeps beside its state: `pending`, `running`, `40%: stock`. */

export interface Progress {
  readonly done: number
  readonly total: number | undefined
  readonly message: string | undefined
}

export interface Told {
  readonly status: 'pending' | 'running'
  /** Percent; null where nobody knows. */
  readonly progress: number | null
  readonly description: string | null
}

export function textOf(running: boolean, progress: Progress | undefined): string {
  if (!running) return 'pending'
  if (!progress) return 'running'
  const { total, done, message } = progress
  const far = total ? `${Math.min(100, Math.round((done / total) * 100))}%` : 'running'
  return message === undefined ? far : `${far}: ${message.slice(0, 500)}`
}

/** The other way round; also of a task that is no job. */
export function toldIn(text: string | undefined): Told {
  if (text === 'pending') return { status: 'pending', progress: 0, description: null }
  const [, percent, message] = /^(?:(\d+)%|running)(?:: ([\s\S]*))?$/.exec(text ?? 'running') ?? [undefined, undefined, text]
  return { status: 'running', progress: percent === undefined ? null : Number(percent), description: message ?? null }
}
