import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose'
import type { Logger } from 'pino'

export type KeyRules = {
  readonly url: string
  /** For how long the last good keys serve while the key server is away (N-51). */
  readonly staleSeconds: number
}

/** The keys could not be had, and there are none that are young enough: nobody's token can be checked. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

type Keys = ReturnType<typeof createLocalJWKSet>
type Loaded = { readonly keys: Keys; readonly at: number }

/** Keys are asked for anew after so long, and at once for a key id that nobody knows. */
const FRESH_MS = 600_000
/** Neither forged key ids nor a server that is away make us ask more often than this. */
const PAUSE_MS = 30_000
/** Without keys a caller waits for them; with older ones not for long. */
const FIRST_DEADLINE_MS = 5000
const DEADLINE_MS = 2000

/**
 * The issuer's keys: asked for once and kept for ten minutes. While the key server is away the last good ones serve on, for `staleSeconds` at
 * most, with a warning in the log whenever it was asked in vain. Throws KeysUnavailable, or what jose throws for a token that fits no key.
 */
export function issuerKeys(
  { url, staleSeconds }: KeyRules,
  log: Pick<Logger, 'warn' | 'info'>,
  now: () => number = Date.now,
): JWTVerifyGetKey {
  let loaded: Loaded | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  let isAway = false
  let asking: Promise<void> | null = null

  async function load(): Promise<void> {
    try {
      const keys = createLocalJWKSet(await fetchKeys(url, loaded === null ? FIRST_DEADLINE_MS : DEADLINE_MS))
      loaded = { keys, at: now() }
      if (isAway) log.info({ url }, 'the issuer’s keys are back')
      isAway = false
    } catch (error) {
      isAway = true
      const ageSeconds = loaded === null ? null : Math.round((now() - loaded.at) / 1000)
      log.warn(
        { err: error, url, ageSeconds, staleSeconds },
        'the issuer’s keys cannot be had: the last good ones serve',
      )
      throw new KeysUnavailable('The issuer’s keys cannot be had.', { cause: error })
    } finally {
      triedAt = now()
    }
  }

  /** One question at a time, whoever asks. */
  function ask(): Promise<void> {
    asking ??= load().finally(() => {
      asking = null
    })
    return asking
  }

  async function current(): Promise<Keys> {
    if (loaded === null) await ask()
    else if (now() - loaded.at >= FRESH_MS && now() - triedAt >= PAUSE_MS) await ask().catch(() => undefined)
    if (loaded === null || (isAway && now() - loaded.at > FRESH_MS + staleSeconds * 1000)) {
      throw new KeysUnavailable('The issuer’s keys are too old to go by.')
    }
    return loaded.keys
  }

  return async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    const keys = await current()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (now() - triedAt < PAUSE_MS) {
        // It may be a new key of a server that is away: then nobody can say.
        if (isAway) throw new KeysUnavailable('The issuer cannot be asked for this key.', { cause: error })
        throw error
      }
      await ask()
      return (await current())(header, token)
    }
  }
}

async function fetchKeys(url: string, deadlineMs: number): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(deadlineMs),
  })
  if (response.status !== 200) throw new Error(`The key server answered ${response.status}.`)
  return (await response.json()) as JSONWebKeySet
}
