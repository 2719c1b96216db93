// The view of the progress panel: HTML from the kernel, links that open inside JupyterLab, a question every two seconds.

const SECONDS = 2;

function openInside(event) {
  const link = event.target.closest("a[href$='.ipynb']");
  const lab = window.jupyterapp; // there when JupyterLab was started by `workbook lab`
  if (!link || !lab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  lab.commands.execute("docmanager:open", { path: link.getAttribute("href") });
}

function render({ model, el }) {
  const show = () => {
    el.innerHTML = model.get("html");
  };
  const ask = () => {
    if (document.visibilityState === "visible" && el.isConnected) model.send({ kind: "look" });
  };
  show();
  model.on("change:html", show);
  el.addEventListener("click", openInside);
  const timer = setInterval(ask, 1000 * SECONDS);
  return () => {
    clearInterval(timer);
    model.off("change:html", show);
  };
}

export default { render };
