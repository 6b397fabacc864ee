import { Check, Pencil, X } from "lucide-react";
import { useRef, useState } from "react";

/** A name (`children`), and a pencil to edit it in place. */
export function Rename({ name, texts, onSave, children }) {
  const [editing, setEditing] = useState(false);
  const field = useRef(null);
  const pencil = useRef(null);
  const end = () => {
    setEditing(false);
    setTimeout(() => pencil.current?.focus());
  };
  const save = (event) => {
    event.preventDefault();
    const newName = field.current.value.trim();
    if (newName !== name) onSave?.(newName);
    end();
  };
  if (!editing)
    return (
      <div className="rename">
        {children}
        <button
          ref={pencil}
          type="button"
          className="btn ghost small icon"
          aria-label={texts.rename}
          title={texts.rename}
          onClick={() => setEditing(true)}
        >
          <Pencil size={16} aria-hidden />
        </button>
      </div>
    );
  return (
    <form className="rename" onSubmit={save} onKeyDown={(event) => event.key === "Escape" && end()}>
      <input
        ref={field}
        className="input"
        autoFocus
        defaultValue={name}
        placeholder={texts.none}
        aria-label={texts.name}
        maxLength={120}
        onFocus={(event) => event.target.select()}
      />
      <button type="submit" className="btn small icon" aria-label={texts.save} title={texts.save}>
        <Check size={16} aria-hidden />
      </button>
      <button type="button" className="btn ghost small icon" aria-label={texts.cancel} title={texts.cancel} onClick={end}>
        <X size={16} aria-hidden />
      </button>
    </form>
  );
}
