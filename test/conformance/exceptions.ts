/** Where the suite is wrong and we are not: the only checks that may fail, each with its reason. */

/** By scenario and check. */
const exceptions: Readonly<Record<string, string>> = {}

export const excused = (scenario: string, check: string): boolean => exceptions[`${scenario}/${check}`] !== undefined
