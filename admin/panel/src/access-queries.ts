/** Who may come in, and what was done here, as the pages about that ask for it. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { AuditPage, KeyView, OwnSessionView, UserView } from '../../wire.ts'
import { get } from './api.ts'

export const useKeys = () =>
  useQuery({
    queryKey: ['keys'],
    queryFn: async ({ signal }) => (await get<{ keys: KeyView[] }>('keys', signal)).keys,
  })

export const useUsers = () =>
  useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => (await get<{ users: UserView[] }>('users', signal)).users,
  })

/** The browsers that the person who looks is signed in with. */
export const useOwnSessions = () =>
  useQuery({
    queryKey: ['own-sessions'],
    queryFn: async ({ signal }) => (await get<{ sessions: OwnSessionView[] }>('auth/sessions', signal)).sessions,
  })

export interface AuditFilter {
  actor?: string
  action?: string
}

export const useAudit = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) => {
      const before: Record<string, string> = pageParam === undefined ? {} : { before: String(pageParam) }
      return get<AuditPage>(`audit?${new URLSearchParams({ ...filter, ...before, limit: '50' })}`, signal)
    },
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next,
    // Whoever comes here wants to see what they have just done elsewhere.
    staleTime: 0,
  })
