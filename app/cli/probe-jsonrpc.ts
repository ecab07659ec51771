/** Tries a service whose commands are called by JSON-RPC. */
import type { JsonrpcConfig } from '../config/upstream/jsonrpc.ts'
import { silent } from '../log.ts'
import { openService } from '../upstreams/http/service.ts'
import { partsOf } from '../upstreams/jsonrpc/adapter.ts'

/** @returns what it has, in a few words. Throws what is wrong with it. */
export async function tryJsonrpc(config: JsonrpcConfig, signal: AbortSignal): Promise<string> {
  const service = openService(config, { log: silent })
  try {
    const { tools, leftOut, from } = await partsOf(config, service, config.service.url).read(signal)
    return `${tools.length} commands (${from})${leftOut.length ? `, ${leftOut.length} left out: ${leftOut[0]}` : ''}`
  } finally {
    await service.close()
  }
}
