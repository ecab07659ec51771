/** Where a person's data lives when nobody said otherwise: each system has its own custom. */
import { isAbsolute, join } from 'node:path'
import type { Sources } from './setting.ts'

export function defaultDataDir(
  { env, home }: Pick<Sources, 'env' | 'home'>,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'switchyard')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'switchyard')
  // The XDG specification asks to ignore relative paths.
  const data = env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : join(home, '.local', 'share')
  return join(data, 'switchyard')
}
