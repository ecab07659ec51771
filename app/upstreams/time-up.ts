/** Whether a signal ended because its own time was up (`AbortSignal.timeout`): then nobody has given up, the other side was too slow. */
export const isTimeUp = (signal: AbortSignal | undefined): boolean => {
  const reason: unknown = signal?.reason
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}
