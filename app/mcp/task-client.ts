/**
 * The client of a call that is, or may become, a task, as what is called sees it: what is asked before there is a task goes to the client as
 * ever, what is asked after it waits until the client comes for it.
 */
import type { Answers, Client, Json, Questions } from '../call.ts'
import type { TaskQuestions } from './task-questions.ts'

export interface TaskClientOptions {
  /** Who has sent the request. */
  readonly client: Client
  readonly asked: TaskQuestions
  /** Keeps a new task. */
  keep(): Promise<void>
  /** The task is kept: the client may be told. */
  begun(): void
}

export class TaskClient implements Client {
  private readonly options: TaskClientOptions
  private keeping: Promise<void> | undefined
  private begun = false

  constructor(options: TaskClientOptions) {
    this.options = options
  }

  /** Whether there is a task. */
  get hasTask(): boolean {
    return this.begun
  }

  later(): Promise<void> {
    this.keeping ??= this.begin()
    return this.keeping
  }

  /** Settles when a task that is just being kept is kept, or could not be. */
  async settled(): Promise<void> {
    await this.keeping?.catch(() => {})
  }

  get abilities(): Json {
    return this.options.client.abilities
  }

  get resumable(): boolean {
    return !this.begun && this.options.client.resumable
  }

  get resumed(): Client['resumed'] {
    return this.begun ? undefined : this.options.client.resumed
  }

  async ask(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    await this.keeping
    return this.begun ? this.options.asked.ask(questions, taken) : this.options.client.ask(questions, taken)
  }

  detach(): void {
    if (!this.begun) this.options.client.detach()
  }

  private async begin(): Promise<void> {
    await this.options.keep()
    this.begun = true
    this.options.begun()
  }
}
