/** OpenID Connect, for the outside. */
export { type AccessTokens, createAccessTokens } from './access-tokens.ts'
export { createProvider, type Provider } from './provider.ts'
