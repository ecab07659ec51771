/** Connects a service that an OpenAPI document describes: each of its operations becomes a tool. */
import type { OpenapiConfig } from '../../config/upstream/openapi.ts'
import { connectSteady } from '../steady.ts'
import type { Upstream, UpstreamTools } from '../upstream.ts'
import { openSource } from './source.ts'

export function connectOpenapi(config: OpenapiConfig, tools: UpstreamTools): Upstream {
  return connectSteady(config, {
    tools,
    lookEvery: config.service.checkEvery * 1000,
    refreshEvery: config.service.refresh * 1000,
    open: (watch) => openSource(config, { ...tools, log: tools.log.with({ upstream: config.name }), watch }),
  })
}
