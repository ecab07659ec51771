/** The conversations of one surface: opened within the bounds, told of changes, found by id and caller, ended with the server. */
import type { Credentials } from '../auth.ts'
import type { Caller, Via } from '../call.ts'
import { type ListName, listNames } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { haveSameRights } from '../rights.ts'
import type { Yard } from '../yard.ts'
import { Conversation } from './conversation.ts'
import type { Handlers } from './handlers.ts'
import type { Stateless } from './stateless.ts'

export interface Conversations {
  /**
   * Begins one. Throws Failure `unavailable` when the server is stopping, `limited` when there are too many.
   * @param request that opens it: when its credential is not valid any more, the conversation ends
   * @param onEnd called once when it has ended, by whichever side; `why` where the caller may not have it any more
   */
  open(request: Credentials, caller: Caller, onEnd: (reason: string, why?: Failure) => void): Conversation
  /** That of this id, if it is this caller's: somebody else's does not exist for them. What it does from now on, this request may do. */
  find(id: string, caller: Caller, request: Credentials): Conversation | undefined
}

export interface ConversationsOptions {
  readonly via: Via
  readonly handlers: Handlers
  readonly stateless: Stateless
  /** Aborts when the port takes no more connections: each conversation ends when it owes no answer any more. */
  readonly closing: AbortSignal
  /** Seconds between two looks whether silent clients are still there; only where their connection does not say so. */
  readonly lookEvery?: number
}

const allLists: ReadonlySet<ListName> = new Set(listNames)

export function createConversations(
  yard: Yard,
  { via, handlers, stateless, closing, lookEvery }: ConversationsOptions,
): Conversations {
  const open = new Map<string, Conversation>()

  yard.catalog.onChange((lists, person) => {
    for (const conversation of open.values()) {
      if (person === undefined || person === conversation.caller.id) conversation.listsChanged(lists)
    }
  })
  const looks =
    lookEvery === undefined
      ? undefined
      : setInterval(() => {
          for (const conversation of open.values()) conversation.lookAfter()
        }, lookEvery * 1_000).unref()
  closing.addEventListener('abort', () => {
    clearInterval(looks)
    for (const conversation of open.values()) {
      void conversation.quiet().then(() => conversation.close('the server is stopping'))
    }
  })

  return {
    open(request, caller, onEnd) {
      if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
      let why: Failure | undefined
      const conversation: Conversation = new Conversation({
        yard,
        handlers,
        stateless,
        via,
        caller,
        onClose(reason) {
          open.delete(conversation.id)
          conversation.held?.release()
          yard.sessions.remove(conversation)
          onEnd(reason, why)
        },
      })
      yard.sessions.add(conversation)
      open.set(conversation.id, conversation)
      const lost = (failure: Failure) => {
        why = failure
        void conversation.close(failure.message)
      }
      conversation.held = yard.standing.hold(request, caller, lost)
      return conversation
    },
    find(id, caller, request) {
      const conversation = open.get(id)
      if (conversation?.caller.id !== caller.id) return undefined
      const changed = !haveSameRights(conversation.caller, caller)
      // A token with other scopes counts for what comes with it, and for no more.
      conversation.caller = caller
      conversation.held?.renew(request, caller)
      if (changed) conversation.listsChanged(allLists)
      return conversation
    },
  }
}
