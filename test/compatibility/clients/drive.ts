/**
 * One client on one way to the server, as a process of its own:
 *
 *     DRIVER VARIANT stdio COMMAND [ARGUMENT...]
 *     DRIVER VARIANT sse|http|websocket URL
 *
 * It prints one line of JSON, a Report, and ends.
 */
import { randomUUID } from 'node:crypto'
import type { Client, Way } from './client.ts'
import { failureOf, type Lacks, type Outcome, takeSteps } from './steps.ts'

export type Report = { version: string; steps: Record<string, Outcome> } | { failed: string }

export interface Driver {
  connect(way: Way, variant: string): Promise<Client>
  /** What this client cannot do, decided from its own code. */
  lacks(way: Way, variant: string, version: string): Lacks
}

/** Runs the driver with what the command line says. */
export async function drive(driver: Driver): Promise<void> {
  const [variant = '', transport, ...address] = process.argv.slice(2)
  const report = await reportOf(driver, { transport: transport as Way['transport'], address }, variant)
  // Some clients keep a timer or a socket; what they were asked to close is closed.
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit())
}

async function reportOf(driver: Driver, way: Way, variant: string): Promise<Report> {
  try {
    const client = await driver.connect(way, variant)
    const lacks = driver.lacks(way, variant, client.version)
    return { version: client.version, steps: await takeSteps(client, lacks, randomUUID().slice(0, 8)) }
  } catch (error) {
    return { failed: `connect: ${failureOf(error)}` }
  }
}
