// Strokes on a 24 by 24 field, drawn for this app; beside words they only repeat them, so readers skip them.
const PATHS = {
  back: 'M15 4 7 12l8 8',
  next: 'm9 4 8 8-8 8',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M15.5 15.5 21 21',
  lock: 'M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11',
  gear: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  person: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4.5 20.5c.8-4 3.6-6 7.5-6s6.7 2 7.5 6',
  coin: 'M3.5 7h17v11h-17zM12 10a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5M6.5 10v.1M17.5 15v.1',
  visit: 'M4 20.500V11l8-6.5 8 6.500v9.500M9.5 20.500v-6h5v6',
  claim: 'M12 3.5 19.5 6v6c0 4.5-3 7.3-7.5 8.8-4.5-1.5-7.5-4.3-7.5-8.800V6zM12 8.500v7M8.5 12h7',
  book: 'M5 4.500h12.500a1.5 1.5 0 0 1 1.5 1.500v14H6.500A1.5 1.5 0 0 1 5 18.500zM5 18c0-1 .6-1.5 1.5-1.500H19M9 8.500h6M9 12h6',
  more: 'M5 12v.1M12 12v.1M19 12v.1',
  warn: 'M12 4 21.5 20h-19zM12 10v4.500M12 17.200v.1',
  off: 'M3 3l18 18M6.5 10.500A9 9 0 0 1 9 9M3 7a14 14 0 0 1 4-2.400M15 9.500a9 9 0 0 1 2.6 1.700M11.5 5A14 14 0 0 1 21 8M9.5 14.500a4.5 4.5 0 0 1 5 0M12 18.500v.1',
  send: 'M12 19V5M5.5 11.5 12 5l6.5 6.5',
  done: 'm4.5 12.5 5 5 10-11',
  camera: 'M4 7.500h4l1.5-2.500h5L16 7.500h4v11.500H4zM12 9.800a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4',
  erase: 'M9 6h11.500v12H9l-6-6zM12 9.500l5 5M17 9.500l-5 5',
  edit: 'M4 20l1-4.500L16 4.500l3.5 3.500L8.5 19zM13.5 7l3.5 3.5',
  file: 'M6 3.500h8l4.5 4.500v12.500H6zM13.5 4v4.500H18M12 11.500v5.500M9.5 14.5 12 17l2.5-2.5',
  print: 'M7 9V4h10v5M4 9h16v8h-3M7 17H4M7 14h10v6.500H7z',
  phone: 'M7.5 3h9v18h-9zM11 18h2',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M12 8v4.500l3 2',
  info: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M12 11v5.500M12 7.800v.1',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
