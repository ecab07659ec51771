/** How we are doing, for whoever can call a command but not open /health; the shape is that of command adapters. */
import { cpus } from 'node:os'
import type { Catalog } from '../catalog.ts'
import type { Health } from '../health.ts'
import type { Definition } from './command.ts'

export const healthCommands = (health: Health, catalog: Catalog): Definition[] => [
  {
    name: 'health',
    description:
      'Tells how the server and each of its parts are doing: "ok", or what is missing. Looked at once a second at most.',
    returns: '`status` (ok, degraded, starting, unhealthy), `version`, `uptime` in seconds, and `components` by name.',
    scope: 'read',
    readOnly: true,
    async run() {
      const { status, version, uptime, components } = await health.report()
      return {
        status: status === 'healthy' ? 'ok' : status,
        version,
        uptime,
        components: {
          ...components,
          system: { node_version: process.versions.node, platform: process.platform, cpu_count: cpus().length },
          process: {
            pid: process.pid,
            memory_usage_mb: Math.round(process.memoryUsage.rss() / 1e5) / 10,
            start_time: new Date(Date.now() - process.uptime() * 1000).toISOString(),
          },
          commands: { ...components.commands, registered_count: catalog.all().filter(({ kind }) => kind === 'tool').length },
        },
      }
    },
  },
]
