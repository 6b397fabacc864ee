import { ImageOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { uploads } from "./queue.js";
import { thumbnails } from "./thumbnails.js";
import { whenVisible } from "./visibility.js";

/** The small picture of a creative: of the file, if it is in this browser, else `src`. */
export function FileThumb({ id, src }) {
  const place = useRef(null);
  const [found, setFound] = useState("");
  const file = uploads.files.get(id);
  useEffect(() => {
    if (!file) return undefined;
    let gone = false;
    const stop = whenVisible(place.current, async () => {
      const bitmap = await thumbnails.get(id, file);
      if (gone) return;
      setFound(bitmap ? "picture" : "broken");
      const canvas = place.current?.querySelector("canvas");
      if (!bitmap || !canvas) return;
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
    });
    return () => {
      gone = true;
      stop();
    };
  }, [id, file]);
  if (!file) return src ? <img src={src} alt="" loading="lazy" className="thumb mini" /> : <span className="thumb mini" />;
  return (
    <span ref={place} className="thumb mini file-thumb">
      {found === "broken" ? <ImageOff size={18} aria-hidden /> : <canvas width="1" height="1" />}
    </span>
  );
}
