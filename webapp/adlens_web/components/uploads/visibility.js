let watcher;
const callbacks = new WeakMap();

/** Calls `then` once, when `element` comes near the screen. Returns a function that stops waiting. */
export function whenVisible(element, then) {
  watcher ??= new IntersectionObserver(
    (entries) =>
      entries
        .filter((entry) => entry.isIntersecting)
        .forEach(({ target }) => {
          watcher.unobserve(target);
          callbacks.get(target)?.();
        }),
    { rootMargin: "200px" },
  );
  callbacks.set(element, then);
  watcher.observe(element);
  return () => watcher.unobserve(element);
}
