// Instants and durations for people to read.

// offset writes seconds since virtual zero.
export function offset(seconds) {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(s / 86400);
  return "T+" + (days > 0 ? days + "d " : "") + [Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60].map(two).join(":");
}

const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

// span writes how long something took: below a minute with a fraction, from there on in two units, the smaller left out where there is none of it.
export function span(seconds) {
  if (seconds === 0) return "0";
  if (seconds < 59.95) return seconds.toFixed(seconds < 9.995 ? 2 : 1) + " s";
  seconds = Math.max(60, seconds);
  const i = units.findIndex(([, length]) => seconds >= length);
  const [[large, length], [small, part]] = units.slice(i, i + 2);
  const rest = Math.floor(seconds % length / part);
  return `${Math.floor(seconds / length)} ${large}` + (rest > 0 ? ` ${rest} ${small}` : "");
}

// calendar writes an instant of the calendar, to the second.
export function calendar(date) {
  return date.slice(0, 10) + " " + date.slice(11, 19) + " UTC";
}
