import { useEffect } from "react";

/** Calls `onTick` `every` milliseconds after the last answer (`beat` changes with each), never while the page is hidden.
 * Without an answer it tries again after `patience`: ticks never pile up. `every` 0 stops it. */
export function Heartbeat({ every = 0, beat, patience = 15000, onTick }) {
  useEffect(() => {
    if (!every) return undefined;
    let timer;
    const tick = () => {
      if (document.hidden) return;
      onTick?.();
      timer = setTimeout(tick, patience);
    };
    const wake = () => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(tick, every);
    };
    timer = setTimeout(tick, every);
    document.addEventListener("visibilitychange", wake);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [every, beat]);
  return null;
}
