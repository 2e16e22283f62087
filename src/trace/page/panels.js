// Ready queue, slab, timers, sockets and gathers after the current event, as tables.

// Nobody reads more rows than these, and a browser takes its time to lay them out.
const MOST_ROWS = 200;

function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  if (content instanceof Array) made.append(...content);
  else made.textContent = content;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Those to be shown of a map: what the event has changed in any case.
function rowsOf(name, state) {
  const all = [...state[name]].sort(([one], [other]) => one - other);
  if (all.length <= MOST_ROWS) return all;
  const touched = all.filter(([number]) => state.touched.has(`${name} ${number}`));
  return [...touched, ...all.filter((row) => !touched.includes(row)).slice(0, MOST_ROWS - touched.length)];
}

// A table of one of the state's maps; `cells` gives a row's cells, the first of which is its head.
function showTable(name, title, heads, state, cells) {
  const holder = document.getElementById(name);
  const rows = rowsOf(name, state).map(([number, value]) => {
    const [head, ...others] = cells(number, value);
    const changed = state.touched.has(`${name} ${number}`);
    const row = element("tr", [element("th", head, { scope: "row" }), ...others.map((cell) => element("td", cell))]);
    if (changed) row.className = "changed";
    return row;
  });
  const total = state[name].size;
  const caption = element("caption", [title, " ", element("span", String(total), { class: "count" })]);
  const table = element("table", [caption]);
  if (total > 0) {
    const head = element("tr", heads.map((head) => element("th", head, { scope: "col" })));
    table.append(element("thead", [head]), element("tbody", rows));
  }
  holder.replaceChildren(table, more(total - rows.length));
  holder.classList.toggle("none", total === 0);
}

function more(number) {
  return element("p", number > 0 ? `and ${number.toLocaleString("en")} more` : "", { class: "more" });
}

function showReady(state) {
  const ready = state.queue();
  const holder = document.getElementById("ready");
  const items = ready.slice(0, MOST_ROWS).map((number) => {
    const name = history.tasks.get(number)?.name ?? "";
    const item = element("li", [element("b", String(number)), name ? ` ${name}` : ""]);
    if (state.touched.has(`tasks ${number}`)) item.className = "changed";
    return item;
  });
  holder.querySelector(".count").textContent = String(ready.length);
  holder.querySelector("ol").replaceChildren(...items);
  holder.querySelector(".more").replaceWith(more(ready.length - items.length));
  holder.classList.toggle("none", ready.length === 0);
}

// With a sign beside the word.
function standing(number, task, state) {
  const word = number === state.running ? "running" : task.queued ? "queued" : "parked";
  const sign = element("i", "", { class: word, "aria-hidden": "true" });
  return [sign, task.aborted ? `${word}, aborted` : word];
}

function taskCells(number, task, state) {
  const waits = task.waits.map((wait) => waitWords(wait, state)).join(", ");
  const name = history.tasks.get(number)?.name || kindWords(task.kind);
  const child = task.kind.is === "Child" ? ` · ${kindWords(task.kind)}` : "";
  return [String(number), String(task.slot), name + child, standing(number, task, state), waits || "–", String(task.polls)];
}

function showState(state, event) {
  showReady(state);
  showTable("tasks", "Tasks in the slab", ["Task", "Slot", "What", "State", "Waits for", "Polls"], state,
    (number, task) => taskCells(number, task, state));
  showTable("timers", "Timers", ["Timer", "Fires", "Of task"], state,
    (number, { deadline, task }) => [String(number), fromNow(event, deadline), task === null ? "–" : String(task)]);
  showTable("sources", "Sockets", ["Slot", "Type", "Waiting"], state, (slot, { name, waiting }) => {
    const tasks = waiting.map(([task, way]) => `${task} to ${way.toLowerCase()}`);
    return [String(slot), short(name), tasks.join(", ") || "–"];
  });
  showTable("gathers", "Gathers", ["Gather", "Of", "Made at", "By task", "Done"], state, (number, gather) => {
    const done = `${gather.ended} of ${gather.started}${gather.cancelled ? `, ${gather.cancelled} dropped` : ""}`;
    return [String(number), short(gather.name), gather.at ? shortPlace(gather.at) : "–", String(gather.task ?? "–"), done];
  });
}
