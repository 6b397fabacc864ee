import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { amount } from "./amount.jsx";

// A megabyte that only this page needs.
const plotly = () => import("plotly.js-basic-dist-min").then((module) => module.default ?? module);
const BAR = 26;
const SHORT_BAR = 19;
const GAP = 14;
const DONUT = 232;
const SHOWN_IN_LEGEND = 8;
const UPRIGHT = 220;
/** Pixels that a date takes below a column. */
const DATE = 92;
const NARROW = 480;
/** Pixels that the share of a segment needs, and about how many of a drawing its names take. */
const TOLD = 36;
const NAMES = 100;

const cut = (text, letters) => (text.length > letters ? `${text.slice(0, letters - 1).trimEnd()}…` : text);
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** The design tokens as they are at the moment. */
function look() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"), soft: token("ink-soft"), line: token("line"), surface: token("surface"),
    grey: token("line-strong"), sunken: token("sunken"), sides: [token("accent"), token("line-strong")], font: getComputedStyle(document.body).fontFamily,
  };
}

function frame(look, height, extra) {
  return {
    height,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    showlegend: false,
    dragmode: false,
    hovermode: "closest",
    font: { family: look.font, size: 13, color: look.ink },
    hoverlabel: { bgcolor: look.surface, bordercolor: look.line, align: "left", font: { family: look.font, size: 13, color: look.ink } },
    ...extra,
  };
}

/** Horizontal bars from the top, each row with its name; `ticks` are the names. */
function rows(look, ticks, height, width, xaxis) {
  const letters = width < NARROW ? 15 : 24;
  return frame(look, height, {
    bargap: 0.28,
    bargroupgap: 0.06,
    xaxis: { visible: false, fixedrange: true, ...xaxis },
    yaxis: {
      fixedrange: true, showgrid: false, zeroline: false, automargin: true, ticks: "outside", ticklen: 6, tickcolor: "transparent",
      range: [ticks.length - 0.5, -0.5], tickvals: ticks.map((_, row) => row), ticktext: ticks.map((name) => escaped(cut(name, letters))),
    },
  });
}

function bars({ marks, sides, say, texts }, look, width) {
  const beside = sides.length > 1;
  const size = (part) => (beside ? part.percent : part.count);
  const longest = Math.max(...marks.flatMap((mark) => mark.parts.map(size)), beside ? 1 : 0.01);
  const data = sides.map((side, index) => ({
    type: "bar",
    orientation: "h",
    y: marks.map((_, row) => row),
    x: marks.map((mark) => size(mark.parts[index])),
    text: marks.map((mark) => (beside ? say.amount(mark.parts[index].percent, "percent") : say.amount(mark.parts[index].count, "count"))),
    textposition: "outside",
    cliponaxis: false,
    textfont: { color: look.soft, size: 12 },
    marker: { ...filling(marks, look, beside ? look.sides[index] : look.grey), color: look.sides[index], cornerradius: 4 },
    customdata: marks.map((mark) => mark.parts[index].address),
    hovertext: marks.map((mark) => hover(mark, index, beside ? side : null, say, texts)),
    hoverinfo: "text",
  }));
  const height = marks.length * ((beside ? 2 * SHORT_BAR : BAR) + GAP / 2) + GAP;
  const names = marks.map((mark) => say.name(mark.name));
  return {
    data,
    layout: rows(look, names, height, width, { range: [0, longest * (width < NARROW ? 1.22 : 1.12)] }),
    labels: beside ? [] : marks.map((mark) => mark.parts[0].address),
  };
}

/** Hatched where a bar counts guesses. */
function filling(marks, look, color) {
  return { pattern: { shape: marks.map((mark) => (mark.unsure ? "/" : "")), fgcolor: color, bgcolor: look.sunken, size: 7, solidity: 0.25 } };
}

/** What a bar says under the pointer; with the name of its side where there are two. */
function hover({ name, parts }, index, side, say, texts) {
  return [
    `<b>${escaped(say.name(name))}</b>`,
    ...(side ? [escaped(cut(say.name(side.name), 40))] : []),
    `${texts.count}: ${say.amount(parts[index].count, "count")}`,
    `${texts.share}: ${say.amount(parts[index].percent, "percent")}`,
  ].join("<br>");
}

/** Upright bars from left to right, for what follows each other in time. */
function columns({ marks, sides, say, texts }, look, width) {
  const beside = sides.length > 1;
  const data = sides.map((side, index) => ({
    type: "bar",
    x: marks.map((_, place) => place),
    y: marks.map(({ parts }) => (beside ? parts[index].percent : parts[index].count)),
    marker: { color: look.sides[index], cornerradius: 3 },
    customdata: marks.map((mark) => mark.parts[index].address),
    hovertext: marks.map((mark) => hover(mark, index, beside ? side : null, say, texts)),
    hoverinfo: "text",
  }));
  const every = Math.max(1, Math.ceil((marks.length * DATE) / width));
  const told = marks.map((_, place) => place).filter((place) => place % every === 0);
  return {
    data,
    layout: frame(look, UPRIGHT, {
      bargap: 0.25,
      bargroupgap: 0.06,
      margin: { l: 36, r: 8, t: 8, b: 28 },
      xaxis: {
        fixedrange: true, showgrid: false, zeroline: false, range: [-0.5, Math.max(marks.length, 4) - 0.5],
        tickvals: told, ticktext: told.map((place) => escaped(say.name(marks[place].name))), tickfont: { color: look.soft, size: 12 },
      },
      yaxis: {
        fixedrange: true, zeroline: false, rangemode: "tozero", gridcolor: look.line, nticks: 5, automargin: true,
        ticksuffix: beside ? " %" : "", tickfont: { color: look.soft, size: 12 },
      },
    }),
    labels: [],
  };
}

// Every colour has an edge, or white and black would vanish in one of the themes.
const EDGE = { color: "rgba(128, 128, 128, 0.55)", width: 1 };

function donut({ marks, index, say, texts }, look) {
  const here = marks.filter((mark) => mark.parts[index].percent > 0);
  const data = [
    {
      type: "pie",
      hole: 0.58,
      sort: false,
      direction: "clockwise",
      labels: here.map((_, slice) => String(slice)),
      values: here.map((mark) => mark.parts[index].percent),
      marker: { colors: here.map((mark) => mark.color), line: EDGE },
      textinfo: "none",
      customdata: here.map((mark) => mark.parts[index].address),
      hovertext: here.map(({ name, parts }) =>
        [
          `<b>${escaped(say.name(name))}</b>`,
          `${texts.share}: ${say.amount(parts[index].percent, "percent")}`,
          `${texts.count}: ${say.amount(parts[index].count, "count")}`,
        ].join("<br>"),
      ),
      hoverinfo: "text",
    },
  ];
  return { data, layout: frame(look, DONUT, { margin: { l: 8, r: 8, t: 8, b: 8 } }), labels: [] };
}

/** Black or white, whichever can be read on a colour: WCAG's relative luminance. */
function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

function stack({ marks, index, say, texts }, look, width) {
  const names = [...new Set(marks.map((mark) => mark.row.en))];
  const byRow = names.map((name) => marks.filter((mark) => mark.row.en === name && mark.parts[index].percent > 0));
  const places = Math.max(0, ...byRow.map((row) => row.length));
  const data = Array.from({ length: places }, (_, place) => {
    const here = byRow.map((row, y) => ({ mark: row[place], y })).filter(({ mark }) => mark);
    return {
      type: "bar",
      orientation: "h",
      y: here.map(({ y }) => y),
      x: here.map(({ mark }) => mark.parts[index].percent),
      text: here.map(({ mark }) => {
        const { percent } = mark.parts[index];
        return (percent / 100) * (width - NAMES) < TOLD ? "" : say.amount(percent, "percent", { digits: 0 });
      }),
      textposition: "inside",
      textangle: 0,
      insidetextanchor: "middle",
      insidetextfont: { color: here.map(({ mark }) => inkOn(mark.color)) },
      constraintext: "none",
      marker: { color: here.map(({ mark }) => mark.color), line: EDGE },
      customdata: here.map(({ mark }) => mark.parts[index].address),
      hovertext: here.map(({ mark }) =>
        [
          `<b>${escaped(say.name(mark.name))}</b>`,
          escaped(say.name(mark.row)),
          `${texts.share}: ${say.amount(mark.parts[index].percent, "percent")}`,
        ].join("<br>"),
      ),
      hoverinfo: "text",
    };
  });
  const titles = names.map((name) => say.name(marks.find((mark) => mark.row.en === name).row));
  return {
    data,
    layout: { ...rows(look, titles, names.length * (BAR + GAP) + GAP, width, { range: [0, 100] }), barmode: "stack" },
    labels: [],
  };
}

const DRAWINGS = { bars, columns, donut, stack };
const TOGETHER = ["bars", "columns"];

/** One drawing. It is drawn anew when its data, the theme or its width changes; a click gives the address of the mark. */
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

/** The colours that matter, named: what a donut cannot write into its slices. */
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
 * the same as a table whose rows lead where the marks do. `onPick` gets the address behind what was clicked. */
export function Chart({ id, kind, label, name, marks, sides, language, texts, onPick }) {
  const say = { name: (said) => said[language], amount: (value, what, options) => amount(value, what, language, options) };
  const beside = sides.length > 1;
  const shown = { marks, sides, say, texts };
  const told = `${label}. ${texts.open}`;
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
        <Plot {...plot} {...shown} label={told} />
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
                <Plot {...plot} {...shown} index={index} label={beside ? `${say.name(side.name)}: ${told}` : told} />
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
