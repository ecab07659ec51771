/** Which calls need a person's word, and whom the person on the other side may give it for. */
import { fitsAny } from '../access/fits.ts'
import type { Call, Caller, Command, Who } from '../call.ts'
import { isObject } from '../is-object.ts'

export interface NeedsOptions {
  /** Patterns of names. */
  readonly tools: readonly string[]
  readonly destructive: 'off' | 'ask'
}

/** Who starts the command line could change the settings, and is a person. */
const free = 'cli'

/** Undefined where no call does. */
export function createNeeds({
  tools,
  destructive,
}: NeedsOptions): ((call: Pick<Call, 'command' | 'caller'>) => boolean) | undefined {
  if (tools.length === 0 && destructive === 'off') return undefined
  const known = new WeakMap<Command, boolean>()

  function judge({ kind, name, owner, scope, absent, definition }: Command): boolean {
    // With what admins look after the server by in the hands of a pattern, nobody could approve the approval.
    if (kind !== 'tool' || absent || (owner === 'switchyard' && scope === 'admin')) return false
    if (fitsAny(tools, name)) return true
    return destructive === 'ask' && owner !== 'switchyard' && mayDestroy(definition.annotations)
  }

  return function needsWord({ command, caller }) {
    if (caller.id === free) return false
    let needs = known.get(command)
    if (needs === undefined) {
      needs = judge(command)
      known.set(command, needs)
    }
    return needs
  }
}

const mayDestroy = (annotations: unknown): boolean =>
  isObject(annotations) && annotations.destructiveHint === true && annotations.readOnlyHint !== true

/**
 * Whether there is a person behind the client. Whoever holds a key or a certificate may be a program that answers its own questions: what it
 * says for itself is no person's word.
 */
export const isPersons = ({ id }: Caller): boolean => id === 'local' || id === 'stdio' || /^(?:user|person):/.test(id)

/**
 * Whether this caller may approve that one's calls: its own only where it is a person, signed in to the panel. Over any other way in, and with a
 * token (whose caller has claims), it may be the model that speaks in the name of the person.
 */
export const mayDecide = ({ caller, via }: Who, callerId: string): boolean =>
  caller.id !== callerId || (caller.id.startsWith('user:') && via === 'admin' && caller.claims === undefined)
