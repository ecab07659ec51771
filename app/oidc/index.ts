/** OpenID Connect, for the outside. */
export { type AccessTokens, createAccessTokens } from './access-tokens.ts'
export { longestSignIn } from './pending.ts'
export { createProvider, type Provider } from './provider.ts'
export { createProviderSignIn, type Identity, type ProviderSignIn } from './sign-in.ts'
