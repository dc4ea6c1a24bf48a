"use strict";
(() => {
  const filter = document.getElementById("filter");
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const count = document.getElementById("count");
  const rows = [...document.querySelectorAll("tbody tr")];
  const workloads = [...document.querySelectorAll("details[data-of]")];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set();
    let containers = 0;
    for (const row of rows) {
      const text = texts.get(row);
      const fits = words.every((word) => text.includes(word));
      row.hidden = !fits || (status.value !== "" && row.dataset.status !== status.value);
      if (!row.hidden) {
        containers += 1;
        shown.add(row.dataset.of);
      }
    }
    for (const workload of workloads) {
      workload.hidden = !shown.has(workload.dataset.of);
    }
    count.textContent = `${containers} of ${rows.length} containers, ${shown.size} workloads`;
  };
  const fold = (open) => () => {
    for (const workload of workloads) {
      workload.open = open && !workload.hidden;
    }
  };
  const reveal = () => {
    const workload = document.getElementById(location.hash.slice(1));
    if (workload instanceof HTMLDetailsElement) {
      workload.open = true;
      workload.scrollIntoView();
    }
  };

  filter.hidden = false;
  filter.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", apply);
  status.addEventListener("change", apply);
  document.getElementById("unfold").addEventListener("click", fold(true));
  document.getElementById("fold").addEventListener("click", fold(false));
  addEventListener("hashchange", reveal);
  reveal();
  apply();
})();
