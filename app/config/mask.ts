/** Takes secrets out of what is shown. When in doubt it hides too much. */
import { masked as mask } from '../secrets.ts'

export { masked as mask } from '../secrets.ts'

/** Parts of names; the short ones where they end a word: `DB_PASS`, `MYSQL_PWD`, `GITHUB_PAT`. */
const secretName =
  /key|token|secret|passw|passphrase|auth|credential|signature|cookie|bearer|(?<!com|by)pass(?![a-z])|(?<=[a-z_.-])pwd(?![a-z])|(?<![a-z])(?:pat|dsn)(?![a-z])/i
const secretFlag = new RegExp(`${secretName.source}|header|^-H$`, 'i')
const secretAssignment = new RegExp(`([\\w.-]*(?:${secretName.source})[\\w.-]*["']?\\s*[=:]\\s*)(?!//).+`, 'is')

/** Whether something of this name may be a secret. */
export const isSecretWord = (name: string): boolean => secretName.test(name)

/** Whether the argument after this one is a secret: `--api-key`, `-H`. */
export const isSecretFlag = (arg: string): boolean => arg.startsWith('-') && !arg.includes('=') && secretFlag.test(arg)

/** The same URL without its password, and without query values whose names speak of secrets. What is no URL is hidden whole. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return mask
  const url = new URL(text)
  // https://TOKEN@host is how tokens are often put into a URL; a database's user name is no secret.
  if (url.username && !url.password && url.protocol.startsWith('http')) url.username = mask
  if (url.password) url.password = mask
  for (const name of [...url.searchParams.keys()]) if (secretName.test(name)) url.searchParams.set(name, mask)
  return url.href
}

/** A path as it is, a URL without its password. */
export const maskPlace = (place: string): string => (place.includes('://') ? maskUrl(place) : place)

/** Every value hidden, the names kept: for headers and environments, where nobody can tell which one is secret. */
export function maskValues(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, mask]))
}

/** A command's arguments with what follows `--api-key`, `token=` or `--header` hidden, and passwords inside URLs. */
export function maskArguments(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const before = args[index - 1] ?? ''
    if (isSecretFlag(before)) return mask
    return arg.replace(secretAssignment, `$1${mask}`).replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, maskUrl)
  })
}
