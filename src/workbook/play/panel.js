// A thin panel: fields and buttons here, everything else is worked out in Python, which sends back a sentence and a drawing.

const PATIENCE = 3000; // milliseconds without an answer, after which the reader is told why nothing happens

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  let waiting;
  let wanted = null; // the step that was asked for last, while its answer is under way: a quick second press goes on from there
  const inputs = new Map();
  // JupyterLab's one-letter shortcuts must not fire while a button of the panel has the focus.
  const root = element("section", { class: "workbook-play", "data-lm-suppress-shortcuts": "true" });
  const form = element("div", { class: "fields" });
  const buttons = new Map();
  const count = element("span", { class: "count" });
  const bar = element("div", { class: "steps", role: "group", "aria-label": "Steps" });
  const said = element("p", { class: "said", role: "status", "aria-live": "polite" });
  const stage = element("div", { class: "stage" });

  function ask(step) {
    const values = Object.fromEntries([...inputs].map(([name, input]) => [name, input.value]));
    const number = (model.get("asked").number ?? 0) + 1;
    wanted = step;
    model.set("asked", { values, step, number });
    model.save_changes();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      said.textContent = "… no answer yet. Is the kernel busy, or was it stopped? Then run this cell again.";
    }, PATIENCE);
  }

  function move(name) {
    const { step: shown, steps } = model.get("view");
    const step = wanted ?? shown;
    const target = { First: 0, Back: step - 1, Next: step + 1, Last: steps - 1 }[name];
    if (target !== step && target >= 0 && target < steps) ask(target);
  }

  function build() {
    const { title, fields } = model.get("view");
    root.setAttribute("aria-label", title);
    for (const { name, label, value, width, empty } of fields) {
      const input = element("input", { type: "text", name, size: width, placeholder: empty, spellcheck: "false", autocomplete: "off" });
      input.value = value;
      input.addEventListener("input", () => ask(null));
      inputs.set(name, input);
      form.append(element("label", {}, element("span", {}, label), input));
    }
    for (const [name, sign] of [["First", "|◀"], ["Back", "◀"], ["Next", "▶"], ["Last", "▶|"]]) {
      const button = element("button", { type: "button" }, element("span", { "aria-hidden": "true" }, `${sign} `), name);
      button.addEventListener("click", () => move(name));
      buttons.set(name, button);
      bar.append(button);
    }
    bar.append(count);
    bar.addEventListener("keydown", (event) => {
      const name = { ArrowLeft: "Back", ArrowRight: "Next", Home: "First", End: "Last" }[event.key];
      if (name) {
        event.preventDefault();
        move(name);
      }
    });
    root.append(element("b", { class: "title" }, title), form, bar, said, stage);
  }

  function draw() {
    const view = model.get("view");
    if (view.number && view.number !== model.get("asked").number) return; // the answer to an older question
    clearTimeout(waiting);
    wanted = null;
    for (const { name, value } of view.fields) {
      const input = inputs.get(name);
      if (document.activeElement !== input) input.value = value;
      input.setAttribute("aria-invalid", String(name === view.bad));
    }
    // aria-disabled, not disabled: a button that is disabled under the reader's finger would lose the focus
    for (const [name, button] of buttons) {
      const end = name === "First" || name === "Back" ? view.step <= 0 : view.step >= view.steps - 1;
      button.setAttribute("aria-disabled", String(end || view.problem));
    }
    count.textContent = view.problem ? "" : `${view.unit} ${view.step + 1} of ${view.steps}`;
    said.textContent = (view.problem ? "✗ " : "") + view.say;
    said.classList.toggle("problem", view.problem);
    stage.classList.toggle("old", view.problem);
    stage.setAttribute("aria-hidden", String(view.problem));
    if (!view.problem) stage.innerHTML = view.drawing; // made by our own Python, which escapes what was typed
  }

  build();
  draw();
  el.append(root);
  model.on("change:view", draw);
  return () => {
    clearTimeout(waiting);
    model.off("change:view", draw);
  };
}

export default { render };
