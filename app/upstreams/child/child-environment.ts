/** What a child may know of our environment: next to nothing, because `DATABASE_URL` and `SECRET_KEY` stand there too. */

export type Environment = Record<string, string | undefined>

const windows = process.platform === 'win32'

/** Without these, ordinary programs do not find their files, their user or their language. */
const needed = new Set(
  windows
    ? [
        'APPDATA',
        'COMSPEC',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'NUMBER_OF_PROCESSORS',
        'PATH',
        'PATHEXT',
        'PROGRAMDATA',
        'PROGRAMFILES',
      ].concat(['PROCESSOR_ARCHITECTURE', 'SYSTEMDRIVE', 'SYSTEMROOT', 'TEMP', 'TMP', 'USERNAME', 'USERPROFILE', 'WINDIR'])
    : ['HOME', 'LANG', 'LC_ALL', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER'],
)

/** Windows writes `Path` and means `PATH`. */
const fold = (name: string) => (windows ? name.toUpperCase() : name)

/** The environment of a child: the needed few of ours, and everything that is configured for it, which wins. */
export function childEnvironment(ours: Environment, configured: Record<string, string>): Record<string, string> {
  const environment = { ...configured }
  const taken = new Set(Object.keys(configured).map(fold))
  for (const [name, value] of Object.entries(ours)) {
    if (value !== undefined && needed.has(fold(name)) && !taken.has(fold(name))) environment[name] = value
  }
  return environment
}
