/** Runs the clients of others against the built server, prints what worked, and writes docs/compatibility.md. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../app/root.ts'
import { nameOf } from '../test/compatibility/matrix.ts'
import { pageOf } from '../test/compatibility/page.ts'
import { problemsOf, runAll } from '../test/compatibility/run.ts'
import { startServer } from '../test/compatibility/server.ts'
import { installPeers } from '../test/services/peers.ts'

await installPeers()
const server = await startServer()
try {
  const results = await runAll(server, (cell, report) => {
    const problems = problemsOf(cell, report)
    const version = 'version' in report ? report.version : '-'
    process.stdout.write(
      `${problems.length === 0 ? 'ok  ' : 'FAIL'}  ${version.padEnd(10)}  ${cell.transport.padEnd(9)}  ${nameOf(cell.row)}\n`,
    )
    for (const problem of problems) process.stdout.write(`        ${problem}\n`)
    if (problems.length > 0) process.exitCode = 1
  })
  writeFileSync(join(packageRoot, 'docs', 'compatibility.md'), pageOf(results))
} finally {
  await server.stop()
}
