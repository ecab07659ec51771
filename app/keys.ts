/** API keys: made and shown once, checked at every request, revoked for good. */
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import { createKnown } from './keys/known.ts'
import { createSeal } from './keys/seal.ts'
import { idIn, looksLikeKey, newKeyText } from './keys/text.ts'
import { type KeyView, stateOf, viewOf } from './keys/view.ts'
import { checkWish, type KeyWish } from './keys/wish.ts'
import type { Log } from './log.ts'
import type { KeyStore, StoredKey } from './store/keys.ts'

export interface Keys {
  /**
   * Makes a key. Its text is not kept: nobody can be told it a second time.
   * @param actor who wants it, for the audit log
   * @throws Failure `invalid_arguments`, `conflict` for a name that is taken, `failed` without a SECRET_KEY
   */
  create(wish: KeyWish, actor: string): Promise<{ readonly text: string; readonly key: KeyView }>
  /** All that were ever made, the newest first. */
  list(): Promise<KeyView[]>
  /**
   * Refused from now on by this process, and within five seconds by all others.
   * @param wanted name, id or text of the key
   * @throws Failure `invalid_arguments` where there is no such key
   */
  revoke(wanted: string, actor: string): Promise<KeyView>
  /**
   * Whose key this is; undefined for a text that is none, or a wrong one.
   * @throws Failure `unauthorized` that says to whoever holds a key why it does not work; `unavailable` without the database
   */
  verify(credential: string): Promise<Caller | undefined>
  /** @throws Failure `unauthorized` where the key of this id may not be used any more; `unavailable` without the database */
  requireActive(id: string): Promise<void>
}

export interface KeysOptions {
  readonly store: KeyStore
  /** What is stored depends on it: under another one, no key made before is right. */
  readonly secretKey: string | null
  readonly log: Log
  /** Milliseconds, as Date.now(). */
  readonly now?: () => number
}

/** Milliseconds between two notes in the database that a key is in use. */
const noteEvery = 60_000

export function createKeys({ store, secretKey, log, now = Date.now }: KeysOptions): Keys {
  const seal = secretKey === null ? undefined : createSeal(secretKey)
  const known = createKnown(store.find, log, now)
  /** When each key was last noted as used, by id. */
  const noted = new Map<string, number>()

  /** The same object as long as nothing changes: what is worked out for a caller is kept by it. */
  const holders = new WeakMap<StoredKey, Caller>()
  function holderOf(key: StoredKey): Caller {
    const known = holders.get(key)
    if (known) return known
    const holder = toCaller(key)
    holders.set(key, holder)
    return holder
  }

  function checkActive(key: StoredKey): void {
    const state = stateOf(key, now())
    if (state !== 'active') throw new Failure('unauthorized', `this key is ${state}: ask for another`)
  }

  /** Nobody waits for it, and it may be lost. */
  function noteUse({ id, lastUsed }: StoredKey): void {
    const at = now()
    if (at - Math.max(noted.get(id) ?? 0, lastUsed?.getTime() ?? 0) < noteEvery) return
    noted.set(id, at)
    store.used(id, new Date(at)).catch((error: unknown) => log.debug('use of a key not noted', { key: id, error }))
  }

  return {
    async create(wish, actor) {
      if (!seal) throw noSecretKey()
      const { name, scopes, tools = null, rate = null, life } = checkWish(wish)
      const { id, text } = newKeyText()
      const expiresAt = life === null ? null : new Date(now() + life)
      const may = { scopes, allowedTools: tools, rateLimit: rate }
      const key = await store.add({ id, hash: seal.of(text), name, ...may, createdBy: actor, expiresAt })
      if (!key) throw new Failure('conflict', `there is a key named "${name}": choose another name, or revoke that key first`)
      log.info('key made', { key: id, name, scopes, tools, rate, actor })
      return { text, key: viewOf(key, now()) }
    },
    async list() {
      const keys = await store.list()
      return keys.map((key) => viewOf(key, now()))
    },
    async revoke(wanted, actor) {
      const key = await store.revoke(idIn(wanted) ?? wanted, actor)
      // What was asked for is not repeated: it may have been the text of a key.
      if (!key)
        throw new Failure('invalid_arguments', 'no key with this name or id is in force: the list of keys shows which are')
      known.forget(key.id)
      log.info('key revoked', { key: key.id, name: key.name, actor })
      return viewOf(key, now())
    },
    async verify(credential) {
      if (!seal || !looksLikeKey(credential)) return undefined
      const id = idIn(credential)
      if (!id) throw new Failure('unauthorized', 'this key has a typo, or a part of it is missing: copy it again')
      const key = await known.find(id)
      if (!key || !seal.fits(credential, key.hash)) return undefined
      checkActive(key)
      noteUse(key)
      return holderOf(key)
    },
    async requireActive(id) {
      const key = await known.find(id)
      if (!key) throw new Failure('unauthorized', 'this key is not known here any more: ask for another')
      checkActive(key)
    },
  }
}

const toCaller = ({ id, name, scopes, allowedTools, rateLimit }: StoredKey): Caller => ({
  id: `key:${id}`,
  name,
  scopes,
  ...(allowedTools ? { tools: allowedTools } : {}),
  ...(rateLimit === null ? {} : { rate: rateLimit }),
})

const noSecretKey = () =>
  new Failure(
    'failed',
    'keys need a SECRET_KEY: make one with `openssl rand -base64 48`, put it into SECRET_KEY, and start again',
  )
