import "@fontsource-variable/onest";
import { useEffect } from "react";

/** Sets the title and the language of the page. */
export function Document({ title, language }) {
  useEffect(() => {
    document.title = title;
    document.documentElement.lang = language;
  }, [title, language]);
  return null;
}
