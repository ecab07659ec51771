/**
 * Says once that nobody waits for something any more. Making an AbortSignal costs more than the rest of a small call, so this one is made
 * only when somebody asks for it; who only has to be told listens here.
 */
export class Canceller extends AbortController {
  private cancelled = false
  private listener: (() => void) | undefined
  private others: (() => void)[] | undefined

  /** Whether it has been said, asked without making a signal. */
  get aborted(): boolean {
    return this.cancelled
  }

  get reason(): unknown {
    return this.cancelled ? this.signal.reason : undefined
  }

  override abort(reason?: unknown): void {
    if (this.cancelled) return
    this.cancelled = true
    super.abort(reason)
    this.listener?.()
    if (this.others) for (const listener of [...this.others]) listener()
  }

  /** The one who is told, until undefined takes the place. */
  tell(listener: (() => void) | undefined): void {
    this.listener = listener
  }

  /** Somebody else who is told as well. */
  tellToo(listener: () => void): void {
    this.others ??= []
    this.others.push(listener)
  }

  tellNoMore(listener: () => void): void {
    const at = this.others?.indexOf(listener) ?? -1
    if (at >= 0) this.others?.splice(at, 1)
  }
}
