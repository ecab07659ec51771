/** What is open on a wire: each part can be ended by whoever began it, and all of them by the end of the wire. */

export interface Turn {
  /** Aborts with the reason of whoever ends it first. */
  readonly signal: AbortSignal
  /** From here on the outer signal means nothing to it. */
  detach(): void
  /** It is done; nothing can end it any more. */
  done(): void
}

export interface Turns {
  /** @param outer ends it too @param name by which it can be ended */
  begin(outer?: AbortSignal, name?: string): Turn
  /** Ends the one of this name, if it is open. */
  end(name: string, reason: Error): void
  /** Ends all that are open. */
  abort(reason: Error): void
}

export function createTurns(): Turns {
  const open = new Set<AbortController>()
  const named = new Map<string, AbortController>()
  return {
    begin(outer, name) {
      const inner = new AbortController()
      const end = () => inner.abort(outer?.reason)
      if (outer?.aborted) end()
      else outer?.addEventListener('abort', end, { once: true })
      open.add(inner)
      if (name !== undefined) named.set(name, inner)
      const detach = () => outer?.removeEventListener('abort', end)
      return {
        signal: inner.signal,
        detach,
        done() {
          detach()
          open.delete(inner)
          if (name !== undefined) named.delete(name)
        },
      }
    },
    end: (name, reason) => named.get(name)?.abort(reason),
    abort(reason) {
      for (const inner of open) inner.abort(reason)
      open.clear()
      named.clear()
    },
  }
}
