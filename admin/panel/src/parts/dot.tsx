/** A coloured dot. The word always stands beside it: colour alone tells some people nothing. */

const tones: Record<string, 'good' | 'fair' | 'bad' | 'off'> = {
  ok: 'good',
  healthy: 'good',
  connected: 'good',
  active: 'good',
  pass: 'good',
  degraded: 'fair',
  starting: 'fair',
  connecting: 'fair',
  started: 'fair',
  stale: 'fair',
  sign_in: 'fair',
  refused: 'fair',
  pending: 'fair',
  changed: 'fair',
  approved: 'good',
  used: 'good',
  denied: 'bad',
  expired: 'fair',
  failed: 'bad',
  refuse: 'bad',
  down: 'bad',
  unhealthy: 'bad',
  disabled: 'off',
}

export const Dot = ({ state }: { state: string }) => <span className={`dot ${tones[state] ?? 'off'}`} aria-hidden="true" />

/** The dot and the word. */
export const State = ({ state, children }: { state: string; children?: React.ReactNode }) => (
  <span className={`state ${tones[state] ?? 'off'}`}>
    <Dot state={state} />
    {children ?? state}
  </span>
)
