/** The table of docs/errors.md, from the table that the program uses. */
import { type Code, meaningOf, meanings } from '../app/errors.ts'

export function errorsTable(): string {
  const rows = (Object.keys(meanings) as Code[]).map((code) => {
    const { status, rpc, mcp, modern = mcp, mendable } = meaningOf(code)
    return `| [\`${code}\`](#${code}) | ${status} | ${rpc} | ${mcp} | ${modern} | ${mendable ? 'yes' : ''} |`
  })
  return ['| code | HTTP | `/cmd`, REST | MCP | MCP 2026-07-28 | as tool result |', '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  )
}
