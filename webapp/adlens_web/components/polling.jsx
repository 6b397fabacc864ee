import { useEffect } from "react";

/** Calls `onTick` `every` milliseconds after the last answer (`answers` counts them), never while the page is hidden.
 * Without an answer it calls again after `patience`: requests never pile up. `every` 0 stops it. */
export function Polling({ every = 0, answers, patience = 15000, onTick }) {
  useEffect(() => {
    if (!every) return undefined;
    let timer;
    const tick = () => {
      if (document.hidden) return;
      onTick?.();
      timer = setTimeout(tick, patience);
    };
    const start = () => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(tick, every);
    };
    timer = setTimeout(tick, every);
    document.addEventListener("visibilitychange", start);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", start);
    };
  }, [every, answers]);
  return null;
}
