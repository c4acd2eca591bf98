/** A hill at dusk behind an open door: decoration. Its colours are the theme's, so that it has no style of its own. */
export function Scenery() {
  return (
    <svg
      class="scenery"
      viewBox="0 0 800 300"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <defs>
        <linearGradient id="scenery-sky" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" class="sky-top" />
          <stop offset="0.6" class="sky-middle" />
          <stop offset="1" class="sky-low" />
        </linearGradient>
        <linearGradient id="scenery-light" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" class="light-top" />
          <stop offset="1" class="light-low" />
        </linearGradient>
      </defs>
      <rect width="800" height="300" fill="url(#scenery-sky)" />
      <circle cx="570" cy="148" r="46" class="sun" />
      <path class="hill-far" d="M0 214c90-44 168-50 262-20s176 36 284-4 182-30 254-2v112H0z" />
      <path class="hill-middle" d="M0 246c120-40 226-34 330-8s232 26 470-18v80H0z" />
      <path class="path" d="M357 300c14-30 26-44 30-60h26c4 16 16 30 30 60z" />
      <path
        class="hill-near"
        d="M0 276c150-26 262-20 340 4l-8 20H0zM800 262c-150-16-270-6-340 20l8 18h332z"
      />
      <path class="frame" d="M336 262V148a64 64 0 0 1 128 0v114h-12V148a52 52 0 0 0-104 0v114z" />
      <path
        class="light"
        d="M348 258V148a52 52 0 0 1 104 0v110c-34-12-70-12-104 0z"
        fill="url(#scenery-light)"
      />
      <g class="leaf">
        <path d="M128 252c-4-40-2-66 2-90 4 24 6 50 2 90z" />
        <circle cx="130" cy="146" r="32" />
        <circle cx="110" cy="166" r="22" />
        <circle cx="152" cy="166" r="24" />
        <path d="M678 246c-3-28-2-46 2-62 4 16 5 34 2 62z" />
        <circle cx="680" cy="174" r="23" />
        <circle cx="664" cy="188" r="16" />
        <circle cx="696" cy="188" r="17" />
      </g>
    </svg>
  );
}
