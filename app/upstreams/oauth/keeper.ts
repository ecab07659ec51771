/** The account at one upstream as this process knows it: read now and then, since another process may renew it or a person may end it. */
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Account, Server } from './account.ts'
import type { Held, Vault } from './vault.ts'

export interface Keeper {
  readonly account: Account | undefined
  /** Looks what is kept, where that was not done just now. Without the database what is known stays. */
  look(now?: boolean): Promise<void>
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

/** Milliseconds that are taken to be no time: a sign-out elsewhere counts after that. */
const fresh = 5_000
/** How long (ms) one process may take to renew, and how often the others look. */
const longestRenewal = 40_000
const lookEvery = 150

export function createKeeper({ server, vault, log, changed }: KeeperOptions): Keeper {
  let held: Held | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let trouble: unknown
  let looking: Promise<void> | undefined

  async function read(): Promise<void> {
    try {
      const found = await vault.read(server)
      trouble = undefined
      lookedAt = Date.now()
      if (found?.version === held?.version) return
      held = found
      changed()
    } catch (error) {
      if (lookedAt === Number.NEGATIVE_INFINITY) trouble = error
      log.debug('sign-in not read', { reason: reasonOf(error) })
    }
  }

  function look(now = false): Promise<void> {
    if (!now && Date.now() - lookedAt < fresh) return Promise.resolve()
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
    lookedAt = Date.now()
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
    look,
    mustKnow() {
      if (trouble === undefined) return
      throw new Failure('unavailable', `${server.name}: the database does not say whether somebody has signed in there`, {
        cause: trouble,
      })
    },
    async renewOnce(renew) {
      if (!held) return
      const { account, version } = held
      for (const end = Date.now() + longestRenewal; !(await claimed(version)); ) {
        await delay(lookEvery)
        await look(true)
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
