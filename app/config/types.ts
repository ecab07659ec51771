/** What comes out of reading the configuration. */
import type { Settings } from './settings.ts'
import type { UpstreamConfig } from './upstream/kinds.ts'

/** Everything settled, checked and deeply frozen. Durations are seconds, sizes are bytes, paths are absolute. */
export interface Config extends Settings {
  upstreams: UpstreamConfig[]
}

export interface Settled {
  config: Config
  /** Where each value came from, by its path in the file (`server.admin_port`, `upstreams.NAME`): `default`, `file x.yaml`, `MCP_PORT`, `--port`, ... */
  origins: Map<string, string>
  /** For the log: variables that look like ours but are not. */
  warnings: string[]
  /** Reads the same sources as they are now. Throws ConfigError as at the start. */
  again(): Settled
}
