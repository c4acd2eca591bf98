/** A star in a circle of light: decoration beside words. */
export function Badge() {
  return (
    <svg class="badge" viewBox="0 0 120 120" aria-hidden="true" focusable="false">
      <circle class="badge-glow" cx="60" cy="60" r="56" />
      <circle class="badge-disc" cx="60" cy="60" r="42" />
      <path
        class="badge-star"
        d="M60 32l8.6 17.5 19.3 2.8-14 13.6 3.3 19.2L60 76l-17.2 9.1 3.3-19.2-14-13.6 19.3-2.8z"
      />
    </svg>
  );
}
