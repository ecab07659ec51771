/** What its author's function sees of a call. */
import type { Answers, Call, Json, Questions } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Context, Level } from './command.ts'
import { Content, type ContentOptions } from './content.ts'

const noAbilities: Json = Object.freeze({})

/**
 * Its functions may be taken out of it. They stand on the prototype until then: made anew for every call they would cost more than many
 * a command. The signal is made when it is looked at, for the same reason.
 */
export class CallContext implements Context {
  private readonly call: Call
  private last = Number.NEGATIVE_INFINITY
  private asked = 0

  constructor(call: Call) {
    this.call = call
  }

  get caller() {
    return this.call.caller
  }

  get via() {
    return this.call.via
  }

  get signal() {
    return this.call.signal
  }

  get client() {
    return { capabilities: this.call.client?.abilities ?? noAbilities }
  }

  get progress(): Context['progress'] {
    return (done, total, message) => {
      const token = this.call.meta?.progressToken
      // Who comes back may ask then; whoever hears it knows.
      const wanted = typeof token === 'string' || Number.isInteger(token) || this.call.client?.resumable
      // MCP: a value for each notification, larger than the one before, and only to those who asked.
      if (!wanted || !(done > this.last)) return
      this.last = done
      this.call.notify('notifications/progress', { progressToken: token, progress: done, total, message })
    }
  }

  get log(): Context['log'] {
    return (level: Level, message) =>
      this.call.notify('notifications/message', { level, logger: this.call.command.name, data: message })
  }

  get failure(): Context['failure'] {
    return (message, data) => new Failure('failed', message, { data })
  }

  get ask(): Context['ask'] {
    return (questions: Questions): Promise<Answers> => this.call.ask(questions)
  }

  get elicit(): Context['elicit'] {
    return (message, requestedSchema, key) => this.askOne('elicitation/create', { message, requestedSchema }, key)
  }

  get elicitUrl(): Context['elicitUrl'] {
    return (message, url, key) => {
      const elicitationId = `${this.call.id}-${this.asked + 1}`
      return this.askOne('elicitation/create', { mode: 'url', message, url, elicitationId }, key)
    }
  }

  get sample(): Context['sample'] {
    return (params, key) => this.askOne('sampling/createMessage', params, key)
  }

  get roots(): Context['roots'] {
    return async (key) => {
      const { roots } = await this.askOne('roots/list', {}, key)
      return Array.isArray(roots) ? (roots as Json[]) : []
    }
  }

  get content(): Context['content'] {
    return (blocks: readonly Json[], options?: ContentOptions) => new Content(blocks, options)
  }

  get later(): Context['later'] {
    return async () => this.call.client?.later?.()
  }

  get detach(): Context['detach'] {
    return () => this.call.client?.detach()
  }

  private async askOne(method: string, params: Json, key = `question_${++this.asked}`): Promise<Json> {
    return (await this.call.ask({ [key]: { method, params } }))[key]!
  }
}
