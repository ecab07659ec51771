/** The protocol itself is the official SDK's. It is loaded when a server first asks for a sign-in: most never do. */
import type * as Sdk from '@modelcontextprotocol/client'

export const sdk = (): Promise<typeof Sdk> => import('@modelcontextprotocol/client')
