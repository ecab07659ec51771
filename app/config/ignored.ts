/** Variables of systems that this one takes the place of, which have no meaning here: said instead of guessed at. */
export const ignored: Readonly<Record<string, string>> = {
  MCP_SERVER_NAME: 'clients are told that this is Switchyard',
  MCP_SERVER_VERSION: 'clients are told the version of Switchyard',
  MCP_CORS_ORIGINS: 'pages of other sites are let in by MCP_ALLOWED_HOSTS alone',
}
