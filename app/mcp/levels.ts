/** The levels of MCP log messages (RFC 5424), least severe first. */
export const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const

const ranks = new Map<unknown, number>(levels.map((level, rank) => [level, rank]))

export const isLevel = (value: unknown): value is (typeof levels)[number] => ranks.has(value)

/** Whether a message of this level is to be heard by who wants at least the other; an unknown level is, rather than lost. */
export const isHeard = (level: unknown, wanted: string): boolean =>
  (ranks.get(level) ?? levels.length) >= (ranks.get(wanted) ?? 0)
