/** What a task has asked, until whoever comes for it brings the answers. */
import type { Answers, Json, Question, Questions } from '../call.ts'
import { Failure } from '../errors.ts'
import type { TaskReplies } from '../store/tool-tasks.ts'
import { takenBack } from './questions.ts'

interface Asked {
  readonly question: Question
  resolve(answer: Json): void
  reject(reason: Failure): void
}

export class TaskQuestions {
  /** By the keys that clients see. */
  private readonly open = new Map<string, Asked>()
  /** No key stands for two questions of one task. */
  private readonly used = new Set<string>()
  private readonly changed: () => void
  private closed: Failure | undefined

  /** @param changed called whenever other questions are open than before */
  constructor(changed: () => void) {
    this.changed = changed
  }

  /** Those that have no answer yet. */
  get questions(): Questions {
    return Object.fromEntries([...this.open].map(([key, { question }]) => [key, question]))
  }

  get waiting(): boolean {
    return this.open.size > 0
  }

  /**
   * Asks them all at once; when one of them is refused, the others need no answer any more.
   * @param taken aborts when none of them does
   */
  async ask(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    if (this.closed) throw this.closed
    const asked = Object.entries(questions).map(([key, question]) => ({ key, shown: this.free(key), question }))
    const answers = asked.map(async ({ key, shown, question }) => [key, await this.put(shown, question)])
    this.changed()
    const takeBack = () => {
      for (const { shown } of asked) this.open.get(shown)?.reject(takenBack())
    }
    taken?.addEventListener('abort', takeBack)
    try {
      return Object.fromEntries(await Promise.all(answers))
    } catch (error) {
      const left = asked.filter(({ shown }) => this.open.delete(shown))
      if (left.length > 0 && !this.closed) this.changed()
      throw error
    } finally {
      taken?.removeEventListener('abort', takeBack)
    }
  }

  /** Takes what has come; replies to nothing that is asked now are passed over. */
  take(replies: TaskReplies): void {
    let taken = false
    for (const [key, reply] of Object.entries(replies)) {
      const asked = this.open.get(key)
      if (!asked) continue
      taken = this.open.delete(key)
      if ('answer' in reply) asked.resolve(reply.answer)
      else asked.reject(new Failure('failed', reply.refused.message, { data: reply.refused.data }))
    }
    if (taken) this.changed()
  }

  /** Nobody will answer any more. */
  close(reason: Failure): void {
    if (this.closed) return
    this.closed = reason
    for (const { reject } of this.open.values()) reject(reason)
    this.open.clear()
  }

  private put(key: string, question: Question): Promise<Json> {
    return new Promise((resolve, reject) => this.open.set(key, { question, resolve, reject }))
  }

  private free(key: string): string {
    let shown = key
    for (let number = 2; this.used.has(shown); number++) shown = `${key}_${number}`
    this.used.add(shown)
    return shown
  }
}
