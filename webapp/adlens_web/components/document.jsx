import "@fontsource-variable/onest";
import { useEffect } from "react";

/** Tells the browser what a page is called and which language it is in. */
export function Document({ title, language }) {
  useEffect(() => {
    document.title = title;
    document.documentElement.lang = language;
  }, [title, language]);
  return null;
}
