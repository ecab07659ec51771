/** Variables of systems that this one takes the place of, which have no meaning here: said instead of guessed at. */
export const ignored: Readonly<Record<string, string>> = {
  MCP_SERVER_NAME: 'clients are told that this is Switchyard',
  MCP_SERVER_VERSION: 'clients are told the version of Switchyard',
}

/** Values of theirs that are no values here, for a variable that is. */
export const ignoredValues: Readonly<Record<string, { readonly value: RegExp; readonly reason: string }>> = {
  MCP_CORS_ORIGINS: {
    value: /^\s*\[\s*"\*"\s*\]\s*$/,
    reason: '* would let every page on the web read what is answered here; list the origins that may',
  },
}
