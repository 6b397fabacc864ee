/** Data and layout for Plotly, by kind of chart. */

const BAR = 26;
const SHORT_BAR = 19;
const GAP = 14;
const DONUT = 232;
export const SHOWN_IN_LEGEND = 8;
const UPRIGHT = 220;
/** Pixels that a date takes below a column. */
const DATE = 92;
const NARROW = 480;
/** Pixels that the share of a segment needs, and about how many of a drawing its names take. */
const LABEL_WIDTH = 36;
const NAMES = 100;

export const cut = (text, letters) => (text.length > letters ? `${text.slice(0, letters - 1).trimEnd()}…` : text);
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** The design tokens as they are at the moment. */
export function look() {
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

/** The label of a bar under the pointer; with the name of its side if there are two. */
function hover({ name, parts }, index, side, say, texts) {
  return [
    `<b>${escaped(say.name(name))}</b>`,
    ...(side ? [escaped(cut(say.name(side.name), 40))] : []),
    `${texts.count}: ${say.amount(parts[index].count, "count")}`,
    `${texts.share}: ${say.amount(parts[index].percent, "percent")}`,
  ].join("<br>");
}

/** Upright bars from left to right, for times. */
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
  const labelled = marks.map((_, place) => place).filter((place) => place % every === 0);
  return {
    data,
    layout: frame(look, UPRIGHT, {
      bargap: 0.25,
      bargroupgap: 0.06,
      margin: { l: 36, r: 8, t: 8, b: 28 },
      xaxis: {
        fixedrange: true, showgrid: false, zeroline: false, range: [-0.5, Math.max(marks.length, 4) - 0.5],
        tickvals: labelled, ticktext: labelled.map((place) => escaped(say.name(marks[place].name))), tickfont: { color: look.soft, size: 12 },
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
        return (percent / 100) * (width - NAMES) < LABEL_WIDTH ? "" : say.amount(percent, "percent", { digits: 0 });
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

export const DRAWINGS = { bars, columns, donut, stack };
export const TOGETHER = ["bars", "columns"];
