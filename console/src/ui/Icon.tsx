/** Small drawings, 24 by 24. They only accompany words, so a screen reader passes over them. */
const drawings = {
  alert:
    "M12 8v5m0 3.2v.1M10.3 3.9 2.6 17.4A2 2 0 0 0 4.3 20.4h15.4a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0z",
  arrow: "M5 12h14m-6-6 6 6-6 6",
  back: "M19 12H5m6 6-6-6 6-6",
  calendar: "M4 6.5h16v14H4zM4 10.5h16M8 3.5v4m8-4v4",
  camera: "M4 7.5h3.5l1.7-2.5h5.6l1.7 2.5H20v12H4zM12 16.7a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8z",
  chart: "M4 4v16h16M8 15l3.5-4 3 2.5L20 8",
  check: "M4.5 12.5 10 18 19.5 6.5",
  close: "M6 6l12 12M18 6 6 18",
  door: "M6 21V9a6 6 0 0 1 12 0v12M3.5 21h17M14.5 13v1.6",
  download: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14",
  family:
    "M8.5 11a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zm8 1a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM2.5 20c0-3.5 2.7-6 6-6s6 2.5 6 6m2-5.5c2.8 0 5 2.1 5 5",
  film: "M4 5h16v14H4zM8 5v14m8-14v14M4 9.5h4m-4 5h4m8-5h4m-4 5h4",
  home: "M4 11.2 12 4l8 7.2V20h-5.5v-5.5h-5V20H4z",
  image: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M15.5 9.5v.1",
  info: "M12 11v5.5m0-8.8v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  line: "M5 6h9M5 12h14M5 18h6m7-13.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  mail: "M3.5 6h17v12.5h-17zM4 7l8 6 8-6",
  pause: "M9 5.5v13M15 5.5v13",
  play: "M8 5.5v13l10.5-6.5z",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-4 3.2-6.5 7.5-6.5s7.5 2.5 7.5 6.5",
  plus: "M12 5v14M5 12h14",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zm4.8-1.7L20.5 20.5",
  send: "M12 19V6m-5.5 5.2L12 5.5l5.5 5.7M4.5 20.5h15",
  star: "M12 3.8l2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 13h8.4L17 7m-7 4v5m4-5v5",
} as const;

export type IconName = keyof typeof drawings;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}
