/** What a step is, and what all of them use. */
import type { Client, ToolResult } from '../client.ts'

/** It throws when the client did not get what it was promised. @param mark a name that no other run uses */
export type Step = (client: Client, mark: string) => Promise<void>

/** What a client must have, unless its driver says why not. */
export function offered<Member extends keyof Client>(client: Client, member: Member): NonNullable<Client[Member]> {
  const value = client[member]
  if (value === undefined) throw new Error(`the driver has no ${member}, and does not say why`)
  return value
}

/** The text of the first block. */
export const textOf = ({ content }: ToolResult): string => content[0]?.text ?? ''
