/** What a caller may do at all; which tools, the rules and its key say. */
import type { Kind, Scope } from './call.ts'

/** In the order in which they are kept and shown. None includes another. */
export const allScopes: readonly Scope[] = ['read', 'call', 'admin', 'register']

/** What is given to whoever asks for nothing in particular, and what clients are told to ask for. */
export const usualScopes: readonly Scope[] = ['read', 'call']

/** Without it nobody learns a name of this kind, but of what they may have: to them everything else is one. */
export const scopeToLearn = (kind: Kind): Scope => (kind === 'tool' ? 'call' : 'read')
