// Draws the overview's figures in the reader's theme, and lets its students be sorted and found. No network.
(() => {
  "use strict";
  const NAMED_ROW = 11; // screen pixels; below this the names beside the rows cannot be read
  const AROUND = 8; // rows that are shown above and below a student who was searched for
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const themes = read("themes");
  const figures = read("figures");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => themes[dark.matches ? "dark" : "light"];

  function unpacked(trace) {
    for (const key of ["text", "hovertext"]) {
      const packed = trace[key];
      if (packed && packed.grid) trace[key] = packed.grid.map((row) => row.map((number) => packed.texts[number]));
    }
    return trace;
  }

  function nameRows(plot) {
    const axis = plot._fullLayout.yaxis;
    const readable = axis._length / Math.abs(axis.range[1] - axis.range[0]) >= NAMED_ROW;
    if (readable !== axis.showticklabels) {
      Plotly.update(plot, { texttemplate: readable ? "%{text}" : null, ygap: readable ? 1 : 0 }, { "yaxis.showticklabels": readable });
    }
  }

  function draw(plot) {
    const figure = figures[plot.dataset.figure];
    const alt = figure.layout.meta.alt;
    plot.setAttribute("aria-label", alt);
    figure.layout.template = theme();
    Plotly.newPlot(plot, figure.data.map(unpacked), figure.layout, { displayModeBar: false, responsive: true, doubleClick: "reset" });
  }

  // What the controls of a heat map do. Rows of the table below it stand in the order of its cells.
  function control(form) {
    const plot = document.querySelector(`[data-figure="${CSS.escape(form.dataset.for)}"]`);
    const rows = [...plot.closest("figure").querySelectorAll("tbody tr")];
    const names = rows.map((row) => row.querySelector("th").textContent);
    const folded = names.map((name) => name.toLowerCase());
    const byPoints = [...plot.data[0].y];
    const byRate = [...plot.data[0].x];
    const places = names.map((_, place) => place);
    const byName = [...places].sort((a, b) => names[a].localeCompare(names[b], undefined, { numeric: true }));
    const { find, students, exercises } = form.elements;
    const status = form.querySelector("[role=status]");
    const whole = () => [byPoints.length - 0.5, -0.5];
    const order = () => (students.value === "name" ? byName : places);

    function sort() {
      Plotly.relayout(plot, {
        "yaxis.categoryorder": "array",
        "yaxis.categoryarray": order().map((place) => byPoints[place]),
        "xaxis.categoryorder": "array",
        "xaxis.categoryarray": exercises.value === "course" ? plot.layout.meta.course : byRate,
      });
      const body = rows[0].parentNode;
      body.append(...order().map((place) => rows[place]));
      search();
    }

    function search() {
      const wanted = find.value.trim().toLowerCase();
      const found = order().filter((place) => folded[place].includes(wanted));
      const shown = new Set(found);
      rows.forEach((row, place) => { row.hidden = !shown.has(place); });
      status.textContent = wanted ? `${found.length} found` : "";
      let range = whole();
      let shapes = [];
      if (wanted && found.length) {
        const row = order().indexOf(found[0]);
        status.textContent += `, first: ${names[found[0]]}`;
        range = [Math.min(byPoints.length - 0.5, row + AROUND + 0.5), Math.max(-0.5, row - AROUND - 0.5)];
        const line = { color: getComputedStyle(document.body).color, width: 2 };
        shapes = [{ type: "rect", xref: "paper", x0: 0, x1: 1, yref: "y", y0: row - 0.5, y1: row + 0.5, line }];
      }
      Plotly.relayout(plot, { "yaxis.range": range, shapes });
    }

    plot.on("plotly_relayout", () => nameRows(plot));
    nameRows(plot);
    students.addEventListener("change", sort);
    exercises.addEventListener("change", sort);
    find.addEventListener("input", search);
    form.elements.all.addEventListener("click", () => { find.value = ""; search(); });
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  const plots = [...document.querySelectorAll("[data-figure]")];
  plots.forEach(draw);
  document.querySelectorAll("form[data-for]").forEach(control);
  dark.addEventListener("change", () => plots.forEach((plot) => Plotly.relayout(plot, { template: theme() })));
  document.body.dataset.ready = "yes";
})();
