/** Why something failed, in words for a person: libraries hide the reason behind `fetch failed`, and some errors have no text of their own. */
export function reasonOf(error: unknown): string {
  // A host name with several addresses failed at each of them: the first says as much as all.
  if (error instanceof AggregateError && error.errors.length) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const message = error.message.replace(prefixes, '')
  const deeper = error.cause === undefined ? '' : reasonOf(error.cause)
  if (message === '' || message === 'fetch failed') return deeper || String((error as { code?: unknown }).code ?? error.name)
  return message.includes(deeper) ? message : `${message}: ${deeper}`
}

/** What the MCP SDK puts in front of a reason. */
const prefixes = /^((MCP error -?\d+|SSE error|TypeError|fetch failed): )+/
