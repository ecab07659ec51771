/** Serves the panel as `npm run build` made it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { type Context, Hono } from 'hono'
import { packed } from '../app/packed.ts'
import { packageRoot } from '../app/root.ts'
import type { Web } from '../app/yard.ts'

const notBuilt = `The panel is not built. Run

    npm run build

in ${packageRoot} and load this page again.
`

export function panelFiles(directory = join(packageRoot, 'dist', 'panel')): Web {
  const web: Web = new Hono()
  if (!existsSync(join(directory, 'index.html'))) {
    web.get('/', (c) => c.text(notBuilt, 503))
    return web
  }
  const page = serveStatic({ path: join(directory, 'index.html'), onFound: caching('no-cache') })
  web.get('/', page).get('/welcome', page)
  // An asset's name holds a hash of its content, so it never becomes another.
  web.get('/assets/*', packed, serveStatic({ root: directory, onFound: caching('public, max-age=31536000, immutable') }))
  web.get('/icon.svg', serveStatic({ root: directory, onFound: caching('no-cache') }))
  return web
}

const caching = (rule: string) => (_path: string, c: Context) => c.header('Cache-Control', rule)
