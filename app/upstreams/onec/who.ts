/** Whom a base takes us for. Everything that asks a base is told this, because what it shows and does depends on it. */
export interface Who {
  readonly username: string
  readonly password: string
}

/** Basic authentication in UTF-8, whatever the alphabet; none where the publication of the base says who we are. */
export function credentialsOf({ username, password }: Who): Record<string, string> {
  if (username === '' && password === '') return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}` }
}
