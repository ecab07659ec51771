/** Connects a 1C base. */
import type { Realms } from '../../authorization/words.ts'
import type { OnecConfig } from '../../config/upstream/onec.ts'
import { connectSteady } from '../steady.ts'
import type { Upstream, UpstreamTools } from '../upstream.ts'
import { type OnecSource, openSource } from './source.ts'

const none = { tools: [], resources: [], templates: [], prompts: [] }

export function connectOnec(config: OnecConfig, tools: UpstreamTools & { readonly realms?: Realms }): Upstream {
  const log = tools.log.with({ upstream: config.name })
  let source: OnecSource | undefined
  const steady = connectSteady(config, {
    tools,
    lookEvery: config.checkEvery * 1000,
    refreshEvery: config.refresh * 1000,
    open(watch) {
      source = openSource(
        config,
        {
          version: tools.version,
          log,
          before: tools.kept?.lists ?? none,
          breaker: tools.breaker,
          traffic: tools.traffic,
          people: tools.realms && { catalog: tools.catalog, realms: tools.realms },
        },
        watch,
      )
      return source
    },
  })
  return {
    ...steady,
    listen: async () => {
      if (!config.disabled) await source?.listen()
    },
    state: () => ({ ...steady.state(), refused: source?.refused ?? false }),
  }
}
