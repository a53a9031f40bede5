/** Our own drawings: lines of 1.5 on a grid of 16. */
const paths = {
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9zM10.4 10.400l3.1 3.1',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  left: 'M10 4L6 8l4 4',
  up: 'M4 10l4-4 4 4',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  menu: 'M2.5 4.500h11M2.5 8h11M2.5 11.5h11',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.500v-7h7',
  filter: 'M2.5 3.5h11L9.5 8.500v4l-3 1.200V8.500z',
  exclude: 'M8 2.500a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM4.2 4.200l7.6 7.6',
  clock: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM8 5v3.200l2.2 1.3',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.700M13 2.500v2.700h-2.7',
  warning: 'M8 2.500l6 10.500H2zM8 6.500v3M8 11.300h.01',
  lock: 'M4 7.500h8v6H4zM5.5 7.500V5.200a2.5 2.5 0 0 1 5 0v2.3',
  offline: 'M2.5 6a8.5 8.5 0 0 1 11 0M4.7 8.600a5 5 0 0 1 6.6 0M8 12h.01M3 2.500l10 11',
  explore:
    'M2.5 3.500h11M2.5 6.500h7M2.5 9.500h4M11 8.500a2.3 2.3 0 1 1 0 4.600a2.3 2.3 0 0 1 0-4.600zM12.7 12.600l1.5 1.5',
  overview: 'M2.5 13.500V8.500h2.600v5M6.7 13.500v-11h2.600v11M10.9 13.500v-7h2.600v7',
  alert:
    'M8 2.500a3.8 3.8 0 0 1 3.8 3.800c0 3.2 1.2 4.7 1.2 4.700H3s1.2-1.5 1.2-4.700A3.8 3.8 0 0 1 8 2.500zM6.7 13.300h2.6',
  integrity: 'M8 2l5 2v4c0 3-2 5-5 6c-3-1-5-3-5-6V4zM5.8 8l1.6 1.6 2.9-3.1',
  export: 'M8 2.500v7M5.2 6.800L8 9.600l2.8-2.800M2.5 11v2.500h11V11',
  key: 'M5.5 7a3 3 0 1 1 0 6a3 3 0 0 1 0-6zM7.7 7.900l5-5M10.7 4.800l2 2',
  producer: 'M3 5l5-2.500L13 5v6l-5 2.500L3 11zM3 5l5 2.500L13 5M8 7.500v6',
  quarantine: 'M3 5.500h10v8H3zM2.5 2.500h11v3h-11zM6.5 8.500h3',
  retention: 'M4 2.500h8M4 13.500h8M4.5 2.500c0 4 7 7 7 11M11.5 2.500c0 4-7 7-7 11',
  erase: 'M5.5 13h8M3 9.500l5.5-6.5 4.5 4-5 6H5.500z',
  organization: 'M3 13.500v-11h6v11M9 6.500h4v7M5 5h2M5 7.500h2M5 10h2M2 13.500h12',
  person: 'M8 2.500a2.7 2.7 0 1 1 0 5.400a2.7 2.7 0 0 1 0-5.400zM3 13.500c0-2.8 2.2-4 5-4s5 1.2 5 4',
  timeline: 'M4 2.500v11M4 4.500h7M4 8h9M4 11.500h5',
  entity: 'M8 2.500l5 2.800v5.400l-5 2.8-5-2.800V5.300z',
  report: 'M4 2.500h5.500L12.5 5.500v8h-8.500zM9.5 2.500v3h3M6 8.500h4.500M6 11h4.5',
  rule: 'M2.5 4h5M10.5 4h3M7.5 2.500v3M2.5 8h2M7.5 8h6M5 6.500v3M2.5 12h6M11.5 12h2M9 10.500v3',
  channel: 'M2.5 7v2.500l2.5 .5 1 3h1.500l-.700-3L13 12V4L5 6.500z',
  silence:
    'M4.2 9c.6-1.3.6-2.7.600-2.700a3.2 3.2 0 0 1 5-2.600M11.5 7.500c.2 2.2 1.2 3.5 1.2 3.500H6M6.9 13.300h2.200M3 2.500l10.5 11',
  sun: 'M8 5.200a2.8 2.8 0 1 1 0 5.600a2.8 2.8 0 0 1 0-5.600zM8 1.500v1.200M8 13.300v1.200M1.5 8h1.200M13.3 8h1.200M3.4 3.400l.9.9M11.7 11.700l.900.9M12.6 3.400l-.9.900M4.3 11.700l-.9.9',
  moon: 'M13 9.500A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.500z',
  system: 'M2.5 3h11v8h-11zM6 13.500h4',
  signout: 'M6.5 2.500h-4v11h4M6 8h7.500M10.7 5.200L13.5 8l-2.8 2.8',
  help: 'M8 2.500a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM6.5 6.300c0-2 3.1-1.9 3.1 0c0 1.3-1.6 1.3-1.6 2.500M8 11h.01',
  link: 'M6.8 9.200l2.4-2.400M7.5 4.500l1.2-1.200a2.7 2.7 0 0 1 4 4L11.5 8.500M8.5 11.500l-1.2 1.200a2.7 2.7 0 0 1-4-4l1.2-1.2',
  download: 'M8 2.500v8M4.8 7.300L8 10.500l3.2-3.200M3 13.500h10',
  trash: 'M2.5 4.500h11M6 4.500v-2h4v2M4 4.500l.6 9h6.800l.600-9M6.7 7v4M9.3 7v4',
  edit: 'M3 13l.700-3L11 2.700l2.3 2.300L6 12.300zM9.5 4.200l2.3 2.3',
  play: 'M5 3l7.5 5L5 13z',
  pause: 'M5.5 3v10M10.5 3v10',
  star: 'M8 2.500l1.7 3.5 3.8.5-2.8 2.7.7 3.800L8 11.2 4.6 13l.7-3.800L2.5 6.500l3.8-.5z',
  share: 'M8 9.500v-7M5.2 5L8 2.5 10.8 5M4 7.500H3v6h10v-6h-1',
  mark: 'M3.5 5h7M3.5 8h9M3.5 11h4M10.5 9.500a1.7 1.7 0 1 1 0 3.400a1.7 1.7 0 0 1 0-3.400z',
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside a word, or, with `label`, in its place. */
export function Icon({ name, size = 16, label }: { name: IconName; size?: number; label?: string }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' })}
    >
      <path d={paths[name]} />
    </svg>
  );
}
