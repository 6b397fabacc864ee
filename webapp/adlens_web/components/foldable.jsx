import { useLayoutEffect, useState } from "react";

const WIDE = "(min-width: 761px)";

/** A <details> that is always open where there is room. */
export function Foldable({ summary, children, ...rest }) {
  const [wide, setWide] = useState(true);
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    const screen = window.matchMedia(WIDE);
    const look = () => setWide(screen.matches);
    look();
    screen.addEventListener("change", look);
    return () => screen.removeEventListener("change", look);
  }, []);
  return (
    <details {...rest} open={wide || open} onToggle={(event) => !wide && setOpen(event.target.open)}>
      <summary hidden={wide}>{summary}</summary>
      {children}
    </details>
  );
}
