/** A Redis client that gives a command up in time, and that does not take a late process for a late Redis. */
import { type Command, Redis } from 'ioredis'

/** Milliseconds that one command may take: beyond it, the process's own counters are the better answer. A call loses no more by a Redis in trouble. */
export const patience = 80

export class PatientRedis extends Redis {
  /** Milliseconds that one command may take. */
  patience = patience

  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    const [command] = sent
    giveUpInTime(command, this.patience)
    return super.sendCommand(...sent)
  }
}

/**
 * The client's own `commandTimeout` fires first when the event loop was held up, though the answer has come in the meantime. So when the time
 * is over, what has come is read once more (timers come before it, setImmediate after it).
 */
function giveUpInTime(command: Command, patience: number): void {
  const late = () => command.reject(new Error(`no answer within ${patience} ms`))
  const timer = setTimeout(() => setImmediate(late), patience)
  const settled = () => clearTimeout(timer)
  command.promise.then(settled, settled)
}
