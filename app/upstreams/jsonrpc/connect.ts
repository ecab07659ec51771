/** Connects a service whose commands are called by JSON-RPC. */
import type { JsonrpcConfig } from '../../config/upstream/jsonrpc.ts'
import { openService } from '../http/service.ts'
import { connectSteady, type Source, type Watch } from '../steady.ts'
import type { Upstream, UpstreamTools } from '../upstream.ts'
import { partsOf } from './adapter.ts'

export function connectJsonrpc(config: JsonrpcConfig, tools: UpstreamTools): Upstream {
  return connectSteady(config, {
    tools,
    lookEvery: config.service.checkEvery * 1000,
    refreshEvery: config.service.refresh * 1000,
    open: (watch) => openSource(config, tools, watch),
  })
}

function openSource(config: JsonrpcConfig, { log, breaker, traffic }: UpstreamTools, watch: Watch): Source {
  const service = openService(config, { log, watch, breaker, traffic })
  const parts = partsOf(config, service, config.service.url)
  return {
    transport: 'http',
    async read(signal) {
      const { tools, leftOut, from, server } = await parts.read(signal)
      return { about: { from, leftOut, server }, server, lists: { tools, resources: [], templates: [], prompts: [] } }
    },
    commands: (lists, about) => parts.offered(lists, Array.isArray(about?.leftOut) ? about.leftOut.map(String) : []),
    look: parts.look,
    close: () => service.close(),
    get breaker() {
      return service.breaker
    },
  }
}
