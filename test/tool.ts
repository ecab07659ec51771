/** Programs of the machine that a test needs: where they are, and a loud word (in CI a failure) where they are not. */
import { leftOut } from './missing.ts'
import { findProgram } from './services/programs.ts'

/**
 * The full path of a program, or undefined where the machine has none; the test is then skipped, and the run says so.
 * Throws instead when CI=true: there, a test that did not run is a test that failed.
 */
export function tool(name: string): string | undefined {
  try {
    // Debian keeps what only administrators start out of everybody else's PATH.
    return findProgram(name, ['/usr/sbin'])
  } catch (error) {
    leftOut(`${name} is not installed: THE TESTS THAT NEED IT ARE SKIPPED.`, error)
    return undefined
  }
}
