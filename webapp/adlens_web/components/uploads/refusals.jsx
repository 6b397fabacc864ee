import { CircleAlert, X } from "lucide-react";
import { useState } from "react";
import { uploads } from "./queue.js";
import { fill } from "./texts.js";

export const SHOWN_REFUSALS = 5;

export function Refusals({ texts, refusals }) {
  const [all, setAll] = useState(false);
  if (!refusals.length) return null;
  const shown = all ? refusals : refusals.slice(0, SHOWN_REFUSALS);
  const duplicates = refusals.filter(({ code }) => code === "duplicate").length;
  return (
    <section className="card refusals" aria-labelledby="refusals">
      <div className="row between">
        <h2 id="refusals">{fill(texts.refused, { count: refusals.length })}</h2>
        <button type="button" className="btn ghost icon small" aria-label={texts.dismiss} onClick={() => uploads.dismiss()}>
          <X size={18} aria-hidden />
        </button>
      </div>
      <ul className="stack-s">
        {shown.map(({ id, name, code }) => (
          <li key={id} className="refusal">
            <CircleAlert size={16} aria-hidden />
            <span className="cut strong">{name}</span>
            <span>{texts[`reason_${code}`]}</span>
          </li>
        ))}
      </ul>
      {(shown.length < refusals.length || duplicates > 0) && (
        <div className="row">
          {shown.length < refusals.length && (
            <button type="button" className="btn small" onClick={() => setAll(true)}>
              {fill(texts.show_all, { count: refusals.length })}
            </button>
          )}
          {duplicates > 0 && (
            <button type="button" className="btn small" onClick={() => uploads.addDuplicates()}>
              {fill(texts.add_duplicates, { count: duplicates })}
            </button>
          )}
        </div>
      )}
    </section>
  );
}
