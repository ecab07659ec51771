/** The account at one upstream as this process knows it: read now and then, since another process may renew it or a person may end it. */
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Account, Server } from './account.ts'
import type { Held, Vault } from './vault.ts'

export interface Keeper {
  readonly account: Account | undefined
  /** Whether it was looked yet what is kept. */
  readonly looked: boolean
  /** Looks what is kept. Without the database what is known stays. */
  look(): Promise<void>
  /** The same for whoever has no time: the first look is waited for, but not for long. */
  firstLook(): Promise<void>
  /** Lets it be found out, now and then, that somebody has signed out elsewhere. Nobody waits for it. */
  glance(): void
  /** Throws Failure `unavailable` where nothing could ever be read: whoever has signed in must not be asked to do it again. */
  mustKnow(): void
  /** Keeps what one of all processes gets; the others wait for that. Throws what `renew` throws. */
  renewOnce(renew: (account: Account) => Promise<Account>): Promise<void>
  keep(account: Account): Promise<void>
}

export interface KeeperOptions {
  readonly server: Server
  readonly vault: Vault
  readonly log: Log
  /** Hears of each account that is another than before. */
  changed(): void
}

/** Milliseconds after which a sign-out elsewhere is noticed. */
const fresh = 5_000
/** How long (ms) a database that does not answer is waited for: a server that wants no sign-in must not suffer from it. */
const patience = 2_000
/** How long (ms) one process may take to renew, and how often the others look. */
const longestRenewal = 40_000
const lookEvery = 150

export function createKeeper({ server, vault, log, changed }: KeeperOptions): Keeper {
  let held: Held | undefined
  let looked = false
  let known = false
  let lookedAt = Number.NEGATIVE_INFINITY
  /** Why it is not known whether somebody has signed in. */
  let trouble: unknown
  let looking: Promise<void> | undefined

  async function read(): Promise<void> {
    lookedAt = Date.now()
    try {
      const found = await vault.read(server)
      trouble = undefined
      known = true
      if (found?.version === held?.version) return
      held = found
      changed()
    } catch (error) {
      if (!known) trouble = error
      log.debug('sign-in not read', { reason: reasonOf(error) })
    }
  }

  function look(): Promise<void> {
    looking ??= read().finally(() => {
      looking = undefined
    })
    return looking
  }

  async function keep(account: Account): Promise<void> {
    const before = held?.version ?? ''
    try {
      held = { account, version: await vault.write(server, account) }
    } catch (error) {
      // Good until this process ends; the older ones that are still kept are worth nothing any more.
      held = { account, version: before }
      log.warn('sign-in not kept', { reason: reasonOf(error) })
    }
    looked = known = true
    changed()
  }

  async function claimed(version: string): Promise<boolean> {
    // Without the database there is nobody to share with.
    return vault.claim(server, version, longestRenewal).catch(() => true)
  }

  return {
    get account() {
      return held?.account
    },
    get looked() {
      return looked
    },
    look,
    async firstLook() {
      await Promise.race([look(), delay(patience, undefined, { ref: false })])
      looked = true
    },
    glance() {
      if (held && Date.now() - lookedAt > fresh) void look()
    },
    mustKnow() {
      if (trouble === undefined) return
      throw new Failure('unavailable', `${server.name}: the database does not say whether somebody has signed in there`, {
        cause: trouble,
      })
    },
    async renewOnce(renew) {
      if (!held) return
      const { account, version } = held
      // A claim ends by itself, if whoever holds it does not.
      for (const end = Date.now() + 2 * longestRenewal; !(await claimed(version)); ) {
        await delay(lookEvery)
        await look()
        if (held?.version !== version || Date.now() > end) return
      }
      let renewed: Account
      try {
        renewed = await renew(account)
      } catch (error) {
        await vault.release(server, version).catch(() => {})
        throw error
      }
      await keep(renewed)
    },
    keep,
  }
}
