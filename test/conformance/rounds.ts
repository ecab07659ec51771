/** How a run asks in 2026-07-28: it is given up, the client comes back with the answers, and it runs again from its beginning with them. */
import { randomBytes } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Json, Questions } from '../../app/call.ts'
import type { Context } from '../../app/commands/command.ts'
import { contextOf } from './host.ts'

type Answers = Record<string, Json>

/** Carries the answers of earlier rounds through the client, who can read but not change them. */
export const stateCodec = createRequestStateCodec<Answers>({ key: randomBytes(32), bind: ({ mcpReq }) => mcpReq.method })

class Unanswered extends Error {
  readonly questions: Questions
  constructor(questions: Questions) {
    super('the client has to answer first')
    this.questions = questions
  }
}

/** Runs with all answers that are there so far; what comes of it, or what has still to be asked. */
export async function inRounds<T>(
  { mcpReq }: ServerContext,
  run: (context: Context) => T | Promise<T>,
  mint: (answers: Answers) => Promise<string>,
): Promise<T | InputRequiredResult> {
  const answers: Answers = { ...mcpReq.requestState<Answers>(), ...(mcpReq.inputResponses as Answers | undefined) }
  const context = contextOf({
    signal: mcpReq.signal,
    capabilities: { ...((mcpReq.envelope as Json | undefined)?.[CLIENT_CAPABILITIES_META_KEY] as Json | undefined) },
    token: mcpReq._meta?.progressToken,
    notify: (method, params) => void mcpReq.notify({ method, params }),
    log: (level, message) => void mcpReq.log(level, message),
    async ask(questions) {
      const open = Object.entries(questions).filter(([key]) => answers[key] === undefined)
      if (open.length > 0) throw new Unanswered(Object.fromEntries(open))
      return answers
    },
  })
  try {
    return await run(context)
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    return inputRequired({ inputRequests: error.questions as InputRequests, requestState: await mint(answers) })
  }
}
