/** What a test needs and this machine does not have: no test is left out in silence. */

/**
 * Says loudly that tests are left out.
 * @param what is left out, as a sentence
 * @param why a sentence, or the error that says it
 * @throws instead, with CI=true: there, a test that did not run is a test that failed
 */
export function leftOut(what: string, why: unknown): void {
  const reason = why instanceof Error ? why : new Error(String(why))
  if (process.env.CI === 'true') throw reason
  process.stderr.write(`\n!!!\n!!! ${what}\n!!! ${reason.message}\n!!!\n\n`)
}
