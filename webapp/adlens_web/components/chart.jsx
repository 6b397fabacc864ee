import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { amount } from "./amount.jsx";
import { cut, DRAWINGS, look, SHOWN_IN_LEGEND, TOGETHER } from "./drawings.js";

// A megabyte that only this page needs.
const plotly = () => import("plotly.js-basic-dist-min").then((module) => module.default ?? module);

/** One drawing. Drawn again when its data, its width or the theme changes. A click leads to the address of the mark. */
function Plot({ kind, label, failed, onPick, ...shown }) {
  const ref = useRef(null);
  const pick = useRef(null);
  const drawn = useRef(null);
  const [state, setState] = useState("loading");
  const redraw = useRef(null);

  useEffect(() => {
    const node = ref.current;
    let gone = false;
    let last = Promise.resolve();
    let watches = [];
    // Plotly would take every swipe that begins on a bar for a click; without it the page scrolls, and a tap is a click.
    const keepFromPlotly = (event) => event.stopPropagation();
    node.addEventListener("touchstart", keepFromPlotly, { capture: true, passive: true });
    Promise.all([plotly(), document.fonts.ready])
      .then(([Plotly]) => {
        if (gone) return;
        const draw = async () => {
          if (gone || !node.clientWidth) return;
          const { data, layout, labels } = drawn.current(look(), node.clientWidth);
          await Plotly.react(node, data, { ...layout, width: node.clientWidth }, { displayModeBar: false, doubleClick: false });
          // Plotly forgets them whenever it draws from scratch.
          node.removeAllListeners("plotly_click");
          node.on("plotly_click", ({ points: [point] }) => pick.current([point.customdata].flat()[0]));
          node.querySelectorAll(".ytick text").forEach((text, row) => {
            text.classList.toggle("chart-label", Boolean(labels[row]));
            text.onclick = labels[row] ? () => pick.current(labels[row]) : null;
          });
        };
        redraw.current = () => (last = last.then(draw));
        const size = new ResizeObserver(() => node.clientWidth !== node._fullLayout?.width && redraw.current());
        const theme = new MutationObserver(() => redraw.current());
        return redraw.current().then(() => {
          if (gone) return;
          size.observe(node);
          theme.observe(document.documentElement, { attributeFilter: ["class"] });
          watches = [size, theme, { disconnect: () => Plotly.purge(node) }];
          setState("drawn");
        });
      })
      .catch((error) => {
        console.error(error);
        setState("failed");
      });
    return () => {
      gone = true;
      node.removeEventListener("touchstart", keepFromPlotly, { capture: true });
      watches.forEach((watch) => watch.disconnect());
    };
  }, []);

  useEffect(() => {
    pick.current = onPick;
    drawn.current = (look, width) => DRAWINGS[kind](shown, look, width);
    redraw.current?.();
  });

  return (
    <>
      {state === "failed" && <p className="muted small">{failed}</p>}
      <div ref={ref} className={`chart-plot ${state}`} role="img" aria-label={label} hidden={state === "failed"} />
    </>
  );
}

function Dot({ index }) {
  return <span className="dot" style={{ background: `var(--side-${index})` }} aria-hidden="true" />;
}

function Swatch({ color }) {
  return color ? <span className="swatch" style={{ background: color }} aria-hidden="true" /> : null;
}

/** The names of the largest colours, which do not fit into the slices of a donut. */
function Legend({ marks, index, say }) {
  const size = (mark) => mark.parts[index].percent ?? 0;
  const largest = marks.filter(size).sort((one, other) => size(other) - size(one)).slice(0, SHOWN_IN_LEGEND);
  return (
    <ul className="chart-legend">
      {largest.map(({ name, color, parts }) => (
        <li key={name.en}>
          <Link to={parts[index].address}>
            <Swatch color={color} />
            <span className="cut">{say.name(name)}</span>
            <span className="number muted">{say.amount(parts[index].percent, "percent")}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Table({ name, marks, sides, say, texts }) {
  const counted = marks.some((mark) => mark.parts.some((part) => part.count !== null));
  const inRows = marks.some((mark) => mark.row);
  const beside = sides.length > 1;
  const link = (part, text) => (part.percent === null ? "—" : part.count === 0 ? text : <Link to={part.address}>{text}</Link>);
  return (
    <div className="table-box">
      <table className="table">
        <thead>
          {beside && (
            <tr>
              <td colSpan={inRows ? 2 : 1} />
              {sides.map((side, index) => (
                <th key={index} scope="colgroup" colSpan={counted ? 2 : 1} className="number">
                  {cut(say.name(side.name), 24)}
                </th>
              ))}
            </tr>
          )}
          <tr>
            {inRows && <th scope="col">{texts.row}</th>}
            <th scope="col">{name}</th>
            {sides.map((_, index) => [
              counted && <th key={`count${index}`} scope="col" className="number">{texts.count}</th>,
              <th key={`share${index}`} scope="col" className="number">{texts.share}</th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {marks.map(({ name: mark, row, color, parts }, place) => (
            <tr key={place}>
              {inRows && <td>{say.name(row)}</td>}
              <th scope="row">
                <Swatch color={color} />
                {beside ? say.name(mark) : link(parts[0], say.name(mark))}
              </th>
              {parts.map((part, index) => {
                const share = say.amount(part.percent, "percent");
                const count = say.amount(part.count, "count");
                return [
                  counted && <td key={`count${index}`} className="number">{beside ? link(part, count) : count}</td>,
                  <td key={`share${index}`} className="number">{beside && !counted ? link(part, share) : share}</td>,
                ];
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Marks of one or two sides as `bars` or `columns` (both sides in one drawing), or as a `donut` or `stack` for each side; below it
 * the same as a table whose rows lead where the marks do. `onPick` gets the address of the clicked mark. */
export function Chart({ id, kind, label, name, marks, sides, language, texts, onPick }) {
  const say = { name: (title) => title[language], amount: (value, what, options) => amount(value, what, language, options) };
  const beside = sides.length > 1;
  const shown = { marks, sides, say, texts };
  const description = `${label}. ${texts.open}`;
  const plot = { kind, failed: texts.failed, onPick };
  return (
    <div id={id} className="chart">
      {beside && TOGETHER.includes(kind) && (
        <p className="chart-sides">
          {sides.map((side, index) => (
            <span key={index}>
              <Dot index={index} /> <span className="cut">{say.name(side.name)}</span>
            </span>
          ))}
        </p>
      )}
      {TOGETHER.includes(kind) ? (
        <Plot {...plot} {...shown} label={description} />
      ) : (
        <div className={`chart-plots ${kind}`}>
          {sides.map((side, index) => (
            <div key={index}>
              {beside && (
                <h3>
                  <Dot index={index} /> <span className="cut">{say.name(side.name)}</span>
                </h3>
              )}
              <div className="chart-side">
                <Plot {...plot} {...shown} index={index} label={beside ? `${say.name(side.name)}: ${description}` : description} />
                {kind === "donut" && <Legend marks={marks} index={index} say={say} />}
              </div>
            </div>
          ))}
        </div>
      )}
      <details>
        <summary>{texts.table}</summary>
        <Table {...shown} name={name} />
      </details>
    </div>
  );
}
