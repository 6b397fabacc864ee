import { useEffect } from "react";
import { useNavigate } from "react-router";

const TYPING = "input, textarea, select, [contenteditable], dialog";

/** The arrow keys lead to the addresses `previous` and `next`, where there are any. */
export function Arrows({ previous, next }) {
  const navigate = useNavigate();
  useEffect(() => {
    const press = (event) => {
      const to = { ArrowLeft: previous, ArrowRight: next }[event.key];
      if (!to || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (event.target.closest?.(`${TYPING}, [data-scrolls]`) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      navigate(to, { replace: true, preventScrollReset: true });
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [previous, next]);
  return null;
}
