/** What a server is shown so that it lets us in, as far as whoever sends requests has to know. Types only. */

/** The server did not let a request in, or not far enough. */
export interface Unwelcome {
  readonly status: number
  /** Its WWW-Authenticate. */
  readonly challenge: string
  /** What the request had in Authorization. */
  readonly used: string | undefined
  /** The request was sent once more already because of such an answer. */
  readonly again: boolean
}

export interface Credentials {
  /** What goes into Authorization; undefined for nothing. At once where that is known, because every request asks. */
  header(): string | undefined | Promise<string | undefined>
  /**
   * Looks for something that the server may like better.
   * @returns whether the request is worth sending again
   * @throws Failure where a person has to do something first
   */
  renew(unwelcome: Unwelcome): Promise<boolean>
}
