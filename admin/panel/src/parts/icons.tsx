/** The few pictures that the panel needs, drawn in the colour of the text around them. */

const paths = {
  overview: 'M3 12h4l2.5-7 5 14 2.5-7h4',
  tools: 'M14.7 6.3a4 4 0 0 0-5.3 5.3L3.5 17.5a2.1 2.1 0 0 0 3 3l5.9-5.9a4 4 0 0 0 5.3-5.3l-2.6 2.6-2.4-.6-.6-2.4z',
  history: 'M3.5 12a8.5 8.5 0 1 0 2.6-6.1L3.5 8.5M3.5 4v4.5H8M12 7.5V12l3 2',
  approvals: 'M12 3 5 6v5.5c0 4.4 2.9 7.6 7 9.5 4.1-1.9 7-5.1 7-9.5V6zM9 12l2.2 2.2L15.3 10',
  pins: 'M9 4h6l-1 6 3 3.5H7L10 10zM12 13.5V20.5',
  upstreams: 'M12 3v6M12 9c0 5-7 4-7 9M12 9c0 5 7 4 7 9M12 9v9M3.5 20.5h3M10.5 20.5h3M17.5 20.5h3',
  sessions: 'M4 5h16v11H4zM8.5 20h7M12 16v4',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  apps: 'M9.5 14.5 14.5 9.5M11 6.5l1.5-1.5a4.2 4.2 0 0 1 6 6L17 12.5M13 17.5 11.5 19a4.2 4.2 0 0 1-6-6L7 11.5',
  keys: 'M14.5 14a5 5 0 1 0-4.6-3L3.5 17.4V20.5h3.6v-2.3h2.3v-2.3h1.9l1.2-1.9zM16 8v.1',
  people:
    'M9 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM2.5 20c0-3.3 2.9-5.5 6.5-5.5s6.5 2.2 6.5 5.5M15.5 4.4a3.7 3.7 0 0 1 0 6.8M17.5 14.9c2.4.6 4 2.5 4 5.1',
  audit: 'M6 3.5h9l3.5 3.5v13.5H6zM9.5 9.5h5M9.5 13h5M9.5 16.5h3',
  leave: 'M14 4H5v16h9M10 12h10M16.5 8.5 20 12l-3.5 3.5',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  done: 'M5 12.5 10 17.5 19.5 7',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5',
  back: 'M19 12H5M11 6l-6 6 6 6',
  play: 'M8 5.5v13l11-6.5z',
  again: 'M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7',
  close: 'M6 6l12 12M18 6 6 18',
  add: 'M12 5v14M5 12h14',
  warning: 'M12 4 2.5 20h19zM12 10v4.5M12 17.3v.2',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

/** One track that leaves another. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M7 22h18" className="track" />
      <path d="M9 22c7 0 7-12 14-12h2" className="branch" />
    </svg>
  )
}
