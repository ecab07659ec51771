/** A browser by the name that people know it by. What it calls itself names half a dozen others too, so the order counts. */

const programs = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Headless)?(Chrome|CriOS)\//],
  ['Safari', /\bSafari\//],
] as const

const systems = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['Mac', /\bMac(intosh| OS X)\b/],
  ['Linux', /\bLinux\b/],
] as const

/** @param userAgent as the browser says it; a program says its own name, which is shown as it is */
export function browserOf(userAgent: string | null): string {
  if (!userAgent) return 'has not said'
  const find = (known: typeof programs | typeof systems) => known.find(([, sign]) => sign.test(userAgent))?.[0]
  const [program, system] = [find(programs), find(systems)]
  if (!program) return userAgent.slice(0, 60)
  return system ? `${program} on ${system}` : program
}
