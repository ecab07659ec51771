/** Keeps stdout for JSON-RPC alone: whatever else would be printed there, by a library or by somebody's command, goes to stderr. */
import { Writable } from 'node:stream'

/**
 * Takes stdout away from everybody else, and gives the one stream that still writes to it. Its errors (EPIPE) are the stream's, nobody
 * else's; whoever writes to it listens for them. Nor does a closed stderr harm anybody: whoever read there has gone.
 */
export function takeStdout(): Writable {
  const stdout = process.stdout
  const write = stdout.write.bind(stdout)
  stdout.write = process.stderr.write.bind(process.stderr) as typeof stdout.write
  const only = new Writable({
    decodeStrings: false,
    write(chunk, encoding, done) {
      write(chunk, encoding, (error) => done(error))
    },
  })
  only.on('error', () => {})
  stdout.on('error', (error) => only.destroy(error))
  process.stderr.on('error', () => {})
  return only
}
