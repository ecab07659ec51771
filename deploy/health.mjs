/** Whether the Switchyard on this machine is ready, as exit code 0 or 1: `node health.mjs PORT ADMIN_PORT`. */
import { get as getPlain } from 'node:http'
import { get as getTls } from 'node:https'

const [port, adminPort] = process.argv.slice(2)
const patience = 4_000

// Over TLS the certificate is not looked at: it is for the names that others use, and nobody can stand in between here.
// Where port 9090 lets nobody in without a certificate of their own, the other one has the same answer.
const ways = [
  () => statusOf(getPlain, `http://127.0.0.1:${port}/health/ready`),
  () => statusOf(getTls, `https://127.0.0.1:${port}/health/ready`),
  () => statusOf(getTls, `https://127.0.0.1:${adminPort}/health/ready`),
]

for (const way of ways) {
  const status = await way()
  if (status === 200) process.exit(0)
  if (status === 503) break
}
process.exit(1)

/** The status of the answer; undefined where none comes. */
function statusOf(get, url) {
  return new Promise((resolve) => {
    const request = get(url, { rejectUnauthorized: false, timeout: patience }, (answer) => resolve(answer.statusCode))
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}
