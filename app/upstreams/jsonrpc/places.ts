/** Where a service has what: relative to the URL of its commands, and at the root of its host. */

/** A service that is given by its host alone has its commands at `/cmd`. */
export function commandUrl(url: string): URL {
  const to = new URL(url)
  if (to.pathname === '/') to.pathname = '/cmd'
  to.username = ''
  to.password = ''
  return to
}

/** @param path without a slash in front */
export function placesOf(commands: URL, path: string): URL[] {
  const beside = new URL(path, commands)
  const atRoot = new URL(`/${path}`, commands)
  return beside.pathname === atRoot.pathname ? [beside] : [beside, atRoot]
}
