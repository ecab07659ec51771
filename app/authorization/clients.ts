/**
 * Which program asks. Its id says all that is known of it: the URL of a document that describes it, or what it told us itself, sealed, so that
 * nothing has to be kept of programs that come once.
 */
import type { Box } from '../keys/box.ts'
import type { Description } from './description.ts'
import { type Documents, isDocumentId } from './documents.ts'
import { isSameRedirect, redirectFault } from './redirects.ts'

export interface Client {
  readonly id: string
  /** `document`: its site vouches for it; `registered`: it says so itself; `shared`: all programs that know no better. */
  readonly kind: 'document' | 'registered' | 'shared'
  /** How it calls itself. */
  readonly name?: string
  /** Where codes may be sent to; of the shared one, wherever the configuration allows. */
  readonly redirectUris?: readonly string[]
}

/** Programs that were set up for the systems that we take the place of have this id, all of them. */
export const sharedClient = 'mcp-public-client'

export interface Clients {
  /**
   * Undefined for an id that is none.
   * @param address who asks: looking at documents is limited
   * @throws Failure `failed` for a document that cannot be used, `limited`
   */
  find(id: string, address: string): Promise<Client | undefined>
  /** Whether an id may be one, without asking anybody. */
  knows(id: string): boolean
  /** @returns its id */
  register(description: Description): string
}

const about = 'client'
const prefix = 'swd_'

/** @param shared whether there are systems whose programs have the shared id */
export function createClients(options: { box: Box; documents: Documents; shared: boolean }): Clients {
  const { box, documents, shared } = options

  function registered(id: string): Client | undefined {
    if (!id.startsWith(prefix)) return undefined
    const text = box.open(id.slice(prefix.length), about)
    return text === undefined ? undefined : { id, kind: 'registered', ...(JSON.parse(text) as Description) }
  }

  return {
    async find(id, address) {
      if (id === sharedClient) return shared ? { id, kind: 'shared' } : undefined
      if (!isDocumentId(id)) return registered(id)
      return { id, kind: 'document', ...(await documents.read(id, address)) }
    },
    knows: (id) => (id === sharedClient ? shared : isDocumentId(id) || registered(id) !== undefined),
    register: (description) => prefix + box.seal(JSON.stringify(description), about),
  }
}

/** Why a code for this client may not be sent there; undefined where it may. @param allowed of the configuration */
export function redirectFaultFor(client: Client, uri: string, allowed: readonly string[]): string | undefined {
  const own = client.redirectUris
  if (own && !(URL.canParse(uri) && own.some((each) => URL.canParse(each) && isSameRedirect(each, uri))))
    return 'redirect_uri is none of those that this program registered'
  // Whoever vouches for the program also says where its codes go, on its own site.
  const site = client.kind === 'document' ? [`${new URL(client.id).origin}/*`] : []
  return redirectFault(uri, [...allowed, ...site])
}
