/** The conversations of one surface: opened within the bounds, told of changes, found by id and caller, ended with the server. */
import type { Credentials } from '../auth.ts'
import type { Caller, Via } from '../call.ts'
import { type ListName, listNames } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { haveSameRights } from '../same-rights.ts'
import type { Watched } from '../standing.ts'
import type { Yard } from '../yard.ts'
import { Conversation } from './conversation.ts'
import type { Handlers } from './handlers.ts'
import type { Stateless } from './stateless.ts'

export interface Conversations {
  /**
   * Begins one. Throws Failure `unavailable` when the server is stopping, `limited` when there are too many.
   * @param request whose credential it stands on: without that it ends
   * @param onEnd called once when it has ended, by whichever side
   */
  open(caller: Caller, request: Credentials, onEnd: (reason: string) => void): Conversation
  /** That of this id, if it is this caller's: somebody else's does not exist for them. It stands on the credential of this request from now on. */
  find(id: string, caller: Caller, request: Credentials): Conversation | undefined
}

export interface ConversationsOptions {
  readonly via: Via
  readonly handlers: Handlers
  readonly stateless: Stateless
  /** Aborts when the port takes no more connections: each conversation ends when it owes no answer any more. */
  readonly closing: AbortSignal
}

const allLists: ReadonlySet<ListName> = new Set(listNames)

export function createConversations(yard: Yard, { via, handlers, stateless, closing }: ConversationsOptions): Conversations {
  const open = new Map<string, Conversation>()
  const watched = new WeakMap<Conversation, Watched>()

  yard.catalog.onChange((lists, person) => {
    for (const conversation of open.values()) {
      if (person === undefined || person === conversation.caller.id) conversation.listsChanged(lists)
    }
  })
  closing.addEventListener('abort', () => {
    for (const conversation of open.values()) {
      void conversation.quiet().then(() => conversation.close('the server is stopping'))
    }
  })

  return {
    open(caller, request, onEnd) {
      if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
      const conversation: Conversation = new Conversation({
        yard,
        handlers,
        stateless,
        via,
        caller,
        onClose(reason) {
          open.delete(conversation.id)
          watched.get(conversation)?.stop()
          yard.sessions.remove(conversation)
          onEnd(reason)
        },
      })
      yard.sessions.add(conversation)
      open.set(conversation.id, conversation)
      watched.set(
        conversation,
        yard.standing.watch(request, caller, (reason) => void conversation.close(reason)),
      )
      return conversation
    },
    find(id, caller, request) {
      const conversation = open.get(id)
      if (conversation?.caller.id !== caller.id) return undefined
      if (!haveSameRights(conversation.caller, caller)) {
        conversation.caller = caller
        conversation.listsChanged(allLists)
      }
      watched.get(conversation)?.renew(request, caller)
      return conversation
    },
  }
}
