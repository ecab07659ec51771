/** What the pages show, by name. Only `health` is asked for again and again; its `changes` say when the rest is worth asking for. */
import { keepPreviousData, type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type {
  ApprovalsView,
  ExecutionView,
  GrantView,
  HealthView,
  Me,
  PinsView,
  RegistrationView,
  SessionView,
  SettingView,
  ToolView,
  UpstreamView,
  WaysView,
} from '../../wire.ts'
import { ApiError, get, getPage, proveWith } from './api.ts'

const lookEvery = 3_000

export const useMe = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }) => {
      const me = await get<Me>('auth/me', signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      })
      if (me) proveWith(me.csrf_token)
      return me
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

/** How people can sign in; asked for when somebody stands at the door. */
export const useWays = () =>
  useQuery({
    queryKey: ['ways'],
    queryFn: ({ signal }) => get<WaysView>('auth/ways', signal),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const useHealth = () =>
  useQuery({ queryKey: ['health'], queryFn: ({ signal }) => get<HealthView>('health', signal), refetchInterval: lookEvery })

/** What somebody saw is gone when they leave, or when another one comes. */
export function leave(client: QueryClient): void {
  client.setQueryData(['me'], null)
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })
}

/** Fetches again what the server says has changed; one of these runs as long as somebody is signed in. */
export function useLiveUpdates(): void {
  const client = useQueryClient()
  const { data } = useHealth()
  const seen = useRef<HealthView[]>([])
  useEffect(() => {
    if (!data) return
    refresh(client, seen.current, data)
    seen.current = [...seen.current.slice(-1), data]
  }, [client, data])
}

/** @param seen the last two looks, the older one first */
function refresh(client: QueryClient, seen: readonly HealthView[], now: HealthView): void {
  const before = seen.at(-1)
  // The history is written a quarter of a second after the call: what changed at the last look may only be readable by now.
  const earlier = seen[0]
  if (!before || !earlier) return
  const stale = (key: string) => void client.invalidateQueries({ queryKey: [key] })
  if (before.changes.catalog !== now.changes.catalog) stale('tools')
  if (earlier.changes.calls !== now.changes.calls) stale('history')
  if (earlier.changes.errors !== now.changes.errors) stale('failures')
  if (before.changes.calls !== now.changes.calls || before.counts.sessions !== now.counts.sessions) stale('sessions')
  if (before.changes.catalog !== now.changes.catalog || part(before, 'pins') !== part(now, 'pins')) stale('pins')
  if (part(before, 'approvals') !== part(now, 'approvals')) stale('approvals')
  if (before.changes.catalog !== now.changes.catalog || states(before) !== states(now)) {
    stale('upstreams')
    stale('registration')
  }
}

const states = ({ components }: HealthView) =>
  JSON.stringify(Object.entries(components).map(([name, { status, detail }]) => [name, status, detail]))

const part = ({ components }: HealthView, name: string) => JSON.stringify(components[name])

export const useTools = () =>
  useQuery({ queryKey: ['tools'], queryFn: ({ signal }) => get<Record<string, ToolView>>('tools', signal) })

export interface HistoryFilter {
  text?: string
  name?: string
  status?: string
}

export const useHistory = (filter: HistoryFilter) =>
  useInfiniteQuery({
    queryKey: ['history', filter],
    queryFn: ({ pageParam, signal }) =>
      getPage<ExecutionView>(`tools/executions/history?${pageParam ?? new URLSearchParams({ ...filter, limit: '30' })}`, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  })

/** @param id undefined for nothing to fetch */
export const useExecution = (id: string | undefined) =>
  useQuery({
    queryKey: ['execution', id],
    queryFn: ({ signal }) => get<ExecutionView>(`tools/executions/${id}`, signal),
    enabled: id !== undefined,
    // A call that has just ended is written a moment later.
    retry: (count) => count < 3,
    retryDelay: 300,
  })

export const useFailures = (enabled: boolean) =>
  useQuery({
    queryKey: ['failures'],
    queryFn: async ({ signal }) => (await getPage<ExecutionView>('tools/executions/history?status=failed&limit=5', signal)).rows,
    enabled,
  })

export const useUpstreams = (enabled = true) =>
  useQuery({
    queryKey: ['upstreams'],
    queryFn: async ({ signal }) => (await get<{ upstreams: UpstreamView[] }>('upstreams', signal)).upstreams,
    enabled,
  })

/** What of upstreams changed or looks suspicious; with a name, everything of that name. */
export const usePins = (name?: string, enabled = true) =>
  useQuery({
    queryKey: ['pins', name],
    queryFn: ({ signal }) =>
      get<PinsView>(name === undefined ? 'pins' : `pins?${new URLSearchParams({ show: 'all', name })}`, signal),
    enabled,
  })

export const useApprovals = () =>
  useInfiniteQuery({
    queryKey: ['approvals'],
    queryFn: ({ pageParam, signal }) =>
      get<ApprovalsView>(`approvals${pageParam === undefined ? '' : `?${new URLSearchParams({ before: pageParam })}`}`, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    // Who decides must not look at what was decided elsewhere a while ago.
    refetchInterval: lookEvery,
  })

export const useRegistration = () =>
  useQuery({ queryKey: ['registration'], queryFn: ({ signal }) => get<RegistrationView>('registration', signal) })

export const useSessions = () =>
  useQuery({
    queryKey: ['sessions'],
    queryFn: async ({ signal }) => (await get<{ sessions: SessionView[] }>('sessions', signal)).sessions,
  })

export const useGrants = () =>
  useQuery({
    queryKey: ['grants'],
    queryFn: async ({ signal }) => (await get<{ grants: GrantView[] }>('grants', signal)).grants,
  })

export const useSettings = () =>
  useQuery({
    queryKey: ['config'],
    queryFn: async ({ signal }) => (await get<{ settings: SettingView[] }>('config', signal)).settings,
  })
