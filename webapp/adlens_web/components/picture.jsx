import { Minus, Plus } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

const STEPS = [0.5, 0.75, 1, 1.5, 2, 3, 4];
const [LEAST, MOST] = [STEPS[0], STEPS.at(-1)];
const keyOf = (element) => {
  const found = element?.closest?.("[data-row], [data-kind]");
  return found ? (found.dataset.row ?? `${found.dataset.kind}-${found.dataset.index}`) : null;
};

/** Which of boxes and rows (`data-row="text-0"`) is pointed at, or else focused or clicked: both sides answer. */
function usePointing() {
  const [hovered, setHovered] = useState(null);
  const [held, setHeld] = useState({ key: null });
  useEffect(() => {
    const over = (event) => setHovered(keyOf(event.target));
    const hold = (event) => {
      const key = keyOf(event.target);
      setHeld({ key, row: Boolean(key && event.target.closest("[data-row]")) });
    };
    const press = (event) => event.key === "Escape" && setHeld({ key: null });
    const events = { pointerover: over, focusin: hold, click: hold, keydown: press };
    for (const [name, listener] of Object.entries(events)) document.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(events)) document.removeEventListener(name, listener);
    };
  }, []);
  return [hovered ?? held.key, held];
}

/** Brings a row into sight within its own list; the page stays where it is. */
function reveal(row) {
  const list = row.closest(".finding-list");
  if (!list) return;
  const [one, all] = [row.getBoundingClientRect(), list.getBoundingClientRect()];
  if (one.top < all.top) list.scrollTop -= all.top - one.top;
  else if (one.bottom > all.bottom) list.scrollTop += one.bottom - all.bottom;
}

const bounds = (points) => {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
};

function Box({ kind, index, points, label, hit, active, first, onStep }) {
  const { left, top, right, bottom } = bounds(points);
  const shared = {
    "data-kind": kind,
    "data-index": index,
    "data-active": active || undefined,
    "data-hit": hit || undefined,
    className: `box ${kind}`,
    vectorEffect: "non-scaling-stroke",
    role: "img",
    "aria-label": label,
    tabIndex: first ? 0 : -1,
    onKeyDown: (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      onStep(event.currentTarget, by);
    },
  };
  return points.length > 2 ? (
    <polygon {...shared} points={points.map((point) => point.join(",")).join(" ")} />
  ) : (
    <rect {...shared} x={left} y={top} width={right - left} height={bottom - top} />
  );
}

function Label({ points, text, kind, active }) {
  const { left, top, right } = bounds(points);
  const inside = top < 0.06;
  const side = (left + right) / 2 > 0.6 ? { right: `${100 * (1 - right)}%` } : { left: `${100 * left}%` };
  return (
    <span
      className={`box-label ${kind}`}
      data-active={active || undefined}
      style={{ ...side, top: `${100 * top}%`, transform: inside ? "none" : "translateY(-100%)" }}
      aria-hidden
    >
      {text}
    </span>
  );
}

/** A creative with its findings. The boxes lie in one SVG over the picture, stretched with it, so that they stay
 * where they are at every size. Points are fractions of the upright picture: browsers turn it as its EXIF says.
 * `background` lies under transparent parts, as it did when it was analysed. */
export function Picture({ src, alt, width, height, background, lines, objects, weak, texts, language }) {
  const [shown, setShown] = useState({ text: true, object: true, weak: false });
  const [zoom, setZoom] = useState(null); // null fits, 1 is a picture's pixel per pixel
  const [room, setRoom] = useState(null);
  const [own, setOwn] = useState(null);
  const [broken, setBroken] = useState(false);
  const [active, held] = usePointing();
  const viewer = useRef(null);
  const stage = useRef(null);
  const anchor = useRef(null);

  const size = width && height ? { width, height } : own;
  const ratio = size ? size.width / size.height : 1;
  const fit = room && size ? Math.min(room.width / size.width, room.height / size.height, 1) : null;
  const scale = zoom ?? fit;
  const scrolls = zoom !== null && fit !== null && zoom > fit;

  useEffect(() => {
    setOwn(null);
    setBroken(false);
    setZoom(null);
  }, [src]);

  useLayoutEffect(() => {
    const measure = () => setRoom({ width: viewer.current.offsetWidth - 2, height: viewer.current.offsetHeight - 2 });
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(viewer.current);
    return () => watch.disconnect();
  }, []);

  const zoomTo = (next, pointer) => {
    const [box, image] = [viewer.current.getBoundingClientRect(), stage.current.getBoundingClientRect()];
    const at = pointer ?? { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    anchor.current = { ...at, fx: (at.x - image.left) / image.width, fy: (at.y - image.top) / image.height };
    setZoom(next === null ? null : Math.min(MOST, Math.max(LEAST, next)));
  };

  // The point under the pointer stays there.
  useLayoutEffect(() => {
    if (!anchor.current) return;
    const { x, y, fx, fy } = anchor.current;
    anchor.current = null;
    const image = stage.current.getBoundingClientRect();
    viewer.current.scrollLeft += image.left + fx * image.width - x;
    viewer.current.scrollTop += image.top + fy * image.height - y;
  }, [scale]);

  const turn = useRef(null);
  turn.current = (event) => {
    if (!event.ctrlKey || !scale) return;
    event.preventDefault();
    zoomTo(scale * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
  };
  useEffect(() => {
    const wheel = (event) => turn.current(event);
    const element = viewer.current;
    element.addEventListener("wheel", wheel, { passive: false }); // React's own are passive
    return () => element.removeEventListener("wheel", wheel);
  }, []);

  const title = (one) => (language === "ru" ? one.ru : one.en);
  const found = [
    ...weak.map((one, index) => ({ kind: "weak", index, points: one.points, text: `${title(one)}?` })),
    ...objects.map((one, index) => ({ kind: "object", index, points: one.points, text: title(one) })),
    ...lines.map((one, index) => ({ kind: "text", index, points: one.points, text: one.text, hit: one.hit })),
  ];
  const pointed = (one) => active === `${one.kind}-${one.index}`;
  // Of a box that is off, its row still shows where it lies.
  const boxes = found.filter((one) => shown[one.kind] || pointed(one));

  useEffect(() => {
    for (const row of document.querySelectorAll("[data-row]")) row.toggleAttribute("data-active", row.dataset.row === active);
    const row = active && document.querySelector(`[data-row="${active}"]`);
    if (row && !row.matches(":hover")) reveal(row);
  }, [active]);

  useEffect(() => {
    const one = held.row && found.find(({ kind, index }) => `${kind}-${index}` === held.key);
    if (!one || !scrolls) return;
    const { left, top, right, bottom } = bounds(one.points);
    const { offsetWidth, offsetHeight, offsetLeft, offsetTop } = stage.current;
    viewer.current.scrollTo({
      left: offsetLeft + ((left + right) / 2) * offsetWidth - room.width / 2,
      top: offsetTop + ((top + bottom) / 2) * offsetHeight - room.height / 2,
    });
  }, [held]);

  const step = (from, by) => {
    const all = [...stage.current.querySelectorAll("[data-kind]")];
    all[(all.indexOf(from) + by + all.length) % all.length].focus();
  };
  const toggle = (kind, count, ...content) => (
    <button
      type="button"
      className="btn small"
      id={`show-${kind}`}
      aria-pressed={shown[kind]}
      disabled={!count}
      onClick={() => setShown({ ...shown, [kind]: !shown[kind] })}
    >
      <span className={`box-key ${kind}`} aria-hidden />
      {content}
    </button>
  );
  const counted = (text, count) => [text, " ", <span key="count" className="share">{count}</span>];
  const nearest = (by) => (by > 0 ? STEPS.find((one) => one > scale + 0.01) : STEPS.findLast((one) => one < scale - 0.01));
  const zooming = (by, id, label, icon) => (
    <button
      type="button"
      className="btn small icon"
      id={id}
      aria-label={label}
      title={label}
      disabled={!scale || nearest(by) === undefined}
      onClick={() => zoomTo(nearest(by))}
    >
      {icon}
    </button>
  );

  return (
    <figure className="picture">
      <div className="picture-tools" role="toolbar" aria-label={texts.tools}>
        <div className="row">
          {toggle("text", lines.length, ...counted(texts.text, lines.length))}
          {toggle("object", objects.length, ...counted(texts.objects, objects.length))}
          {weak.length > 0 && toggle("weak", weak.length, texts.show_weak.replace("{count}", weak.length))}
        </div>
        <div className="row">
          <button type="button" className="btn small" id="zoom-fit" aria-pressed={zoom === null} onClick={() => zoomTo(null)}>
            {texts.fit}
          </button>
          <button type="button" className="btn small" id="zoom-100" aria-pressed={zoom === 1} onClick={() => zoomTo(1)}>
            {texts.full}
          </button>
          {zooming(-1, "zoom-out", texts.smaller, <Minus size={16} aria-hidden />)}
          <output className="zoom-value" id="zoom" aria-live="polite">
            {scale ? new Intl.NumberFormat(language, { style: "percent" }).format(scale) : ""}
          </output>
          {zooming(1, "zoom-in", texts.larger, <Plus size={16} aria-hidden />)}
        </div>
      </div>
      <div
        ref={viewer}
        className="viewer"
        id="viewer"
        style={{ aspectRatio: ratio }}
        data-scrolls={scrolls || undefined}
        tabIndex={0}
        role="group"
        aria-label={texts.viewer}
      >
        {broken ? (
          <p className="empty">{texts.broken}</p>
        ) : (
          <div ref={stage} className="stage" style={size && scale ? { width: size.width * scale, height: size.height * scale } : {}}>
            <img
              id="picture"
              src={src}
              alt={alt}
              style={background ? { background } : undefined}
              onLoad={({ target }) => setOwn({ width: target.naturalWidth, height: target.naturalHeight })}
              onError={() => setBroken(true)}
            />
            <svg className="boxes" viewBox="0 0 1 1" preserveAspectRatio="none" role="group" aria-label={texts.boxes}>
              {boxes.map((one, place) => (
                <Box
                  key={`${one.kind}-${one.index}`}
                  {...one}
                  label={`${texts[one.kind]}: ${one.text}`}
                  active={pointed(one)}
                  first={place === 0}
                  onStep={step}
                />
              ))}
            </svg>
            {boxes
              .filter((one) => one.kind !== "text" || pointed(one))
              .map((one) => (
                <Label key={`${one.kind}-${one.index}`} {...one} active={pointed(one)} />
              ))}
          </div>
        )}
      </div>
    </figure>
  );
}
