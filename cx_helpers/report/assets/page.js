// What a page does: draws its charts in the reader's light or dark and for the width it has, and sorts tables.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const settings = read("cx-page");
  const dark = matchMedia("screen and (prefers-color-scheme: dark)");
  const NARROW = 520;
  const PAPER = 640; // what an A4 page leaves a figure; the window's width is of no use there

  // Every colour a figure holds has a dark face: the whole figure is walked and the strings are swapped.
  const paint = (value, faces) => {
    if (typeof value === "string") return faces[value] ?? value;
    if (Array.isArray(value)) return value.map((one) => paint(one, faces));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, paint(v, faces)]));
    return value;
  };
  const isMap = (value) => value && typeof value === "object" && !Array.isArray(value);
  const lay = (base, over) => {
    const out = { ...base };
    for (const [key, value] of Object.entries(over ?? {})) out[key] = isMap(value) && isMap(out[key]) ? lay(out[key], value) : value;
    return out;
  };

  const draw = async (box, print) => {
    const width = print ? PAPER : box.clientWidth;
    if (!width) return;
    let { data, layout } = read(box.dataset.figure);
    const narrow = layout.meta?.narrow;
    if (width < NARROW && narrow) {
      layout = lay(layout, narrow.layout);
      data = data.map((trace, i) => lay(trace, narrow.data?.[i]));
    }
    if (dark.matches && !print) [data, layout] = [paint(data, settings.dark), paint(layout, settings.dark)];
    layout = { ...layout, width, height: layout.height ?? 420, autosize: false };
    delete layout.meta;
    await Plotly.newPlot(box, data, layout, settings.config); // anew: react() would let ribbons glide into place, also on paper
    box.dataset.drawn = String(width);
  };

  const boxes = [...document.querySelectorAll(".plot[data-figure]")];
  const drawAll = async () => {
    for (const box of boxes) {
      try {
        await draw(box);
      } catch (error) {
        box.replaceChildren(Object.assign(document.createElement("p"), { className: "note", textContent: settings.failed }));
        box.style.height = "auto";
        console.error(box.dataset.figure, error);
      }
    }
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    if (body.rows.length < 3) return;
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = settings.sort;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        const key = (row) => row.cells[column]?.dataset.sort;
        const text = (row) => row.cells[column]?.textContent ?? "";
        const rows = [...body.rows].sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if ((x === undefined) !== (y === undefined)) return x === undefined ? 1 : -1; // nothing stands last either way
          const order = x !== undefined && !isNaN(x) && !isNaN(y) ? x - y : text(a).localeCompare(text(b), settings.locale);
          return down ? -order : order;
        });
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        body.append(...rows);
      });
    });
  };

  document.querySelectorAll("table.sortable").forEach(sortable);
  // A table wider than its box says that it can be moved; folded ones are seen when they unfold.
  const measured = new ResizeObserver((seen) => seen.forEach(({ target }) => target.classList.toggle("wide", target.scrollWidth > target.clientWidth + 1)));
  document.querySelectorAll(".scroll").forEach((box) => measured.observe(box));
  let last = innerWidth;
  let waiting;
  addEventListener("resize", () => {
    if (innerWidth === last) return; // a phone's address bar changes only the height
    last = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 120);
  });
  dark.addEventListener("change", () => drawAll());
  let unfolded = []; // paper cannot be pressed: further findings and the data card stand open on it
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details.more:not([open]), details.data-card:not([open])")];
    unfolded.forEach((part) => (part.open = true));
    boxes.forEach((box) => draw(box, true)); // at once: printing waits for nobody
  });
  addEventListener("afterprint", () => {
    unfolded.forEach((part) => (part.open = false));
    drawAll();
  });
  document.fonts.load("16px Vazirmatn").catch(() => {}).then(() => document.fonts.ready).then(() => drawAll()).then(() => {
    document.documentElement.dataset.ready = "yes";
  });
})();
