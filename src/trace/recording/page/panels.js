// Ready queue, slab, timers, sockets and gathers after the current event, as tables.

// More rows than these are too many to read, and slow to lay out.
const MOST_ROWS = 100;

function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  if (content instanceof Array) made.append(...content);
  else made.textContent = content;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Has `holder` have these children. Those that stay where they are are left alone, which is what
// makes a step in a long table fast.
function setChildren(holder, children) {
  const wanted = new Set(children);
  [...holder.children].filter((child) => !wanted.has(child)).forEach((child) => child.remove());
  let next = holder.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else holder.insertBefore(child, next);
  }
}

function sayMore(holder, number) {
  holder.textContent = number > 0 ? `and ${number.toLocaleString("en")} more` : "";
}

// One of the state's maps as a table. `cells` gives a row's cells, the first of which is its head;
// a cell of two has a sign before its words.
class Table {
  constructor(name, title, heads, cells) {
    Object.assign(this, { name, cells, rows: new Map() });
    this.holder = document.getElementById(name);
    this.count = element("span", "", { class: "count" });
    this.body = element("tbody", []);
    this.more = element("p", "", { class: "more" });
    const head = element("tr", heads.map((head) => element("th", head, { scope: "col" })));
    const caption = element("caption", [title, " ", this.count]);
    this.holder.append(element("table", [caption, element("thead", [head]), this.body]), this.more);
  }

  show(state) {
    const total = state[this.name].size;
    const rows = this.chosen(state).map(([number, value]) => [number, this.row(number, value, state)]);
    this.rows = new Map(rows);
    setChildren(this.body, rows.map(([, { row }]) => row));
    this.count.textContent = total.toLocaleString("en");
    sayMore(this.more, total - rows.length);
    this.holder.classList.toggle("none", total === 0);
  }

  // Those that are shown: what the event has changed in any case.
  chosen(state) {
    const all = [...state[this.name]].sort(([one], [other]) => one - other);
    if (all.length <= MOST_ROWS) return all;
    const touched = all.filter(([number]) => state.touched.has(`${this.name} ${number}`));
    const others = all.filter(([number]) => !state.touched.has(`${this.name} ${number}`));
    return [...touched, ...others].slice(0, MOST_ROWS);
  }

  // The row from before, if it would look the same.
  row(number, value, state) {
    const [head, ...others] = this.cells(number, value, state);
    const changed = state.touched.has(`${this.name} ${number}`);
    const content = JSON.stringify([changed, others]);
    const before = this.rows.get(number);
    if (before?.content === content) return before;
    const cells = others.map((cell) => element("td", cell instanceof Array ? signed(...cell) : cell));
    const row = element("tr", [element("th", head, { scope: "row" }), ...cells], { "data-number": number });
    if (changed) row.className = "changed";
    return { row, content };
  }
}

// Words with the sign of this name before them.
function signed(name, words) {
  return [element("span", [element("i", "", { class: name, "aria-hidden": "true" }), words], { class: "signed" })];
}

const TABLES = [
  new Table("tasks", "Tasks in the slab", ["Task", "Slot", "What", "State", "Waits for", "Polls"], taskCells),
  new Table("timers", "Timers", ["Timer", "Fires at", "Of task"], (number, { deadline, task }) =>
    [String(timerNumber(number)), duration(deadline), task === null ? "–" : String(taskNumber(task))]),
  new Table("sources", "Sockets", ["Slot", "Type", "Waiting"], (slot, { name, waiting }) => {
    const tasks = waiting.map(([way, , task]) => `${taskNumber(task)} to ${way.toLowerCase()}`);
    return [String(slot), short(name), tasks.join(", ") || "–"];
  }),
  new Table("gathers", "Gathers", ["Gather", "Of", "Done"], (number, gather) => {
    const done = `${gather.ended} of ${gather.started}${gather.cancelled ? `, ${gather.cancelled} dropped` : ""}`;
    const made = gather.at ? `, made at ${shortPlace(gather.at)}` : "";
    return [String(number), `${short(gather.name)}${made}, by task ${gather.task === null ? "–" : taskNumber(gather.task)}`, done];
  }),
];

function taskCells(number, task, state) {
  const waits = waitsWords(state.waitsOf(number)).join(", ");
  const name = history.tasks.get(number)?.name || kindWords(task.kind);
  const child = task.kind.is === "Child" ? `, ${kindWords(task.kind)}` : "";
  return [String(taskNumber(number)), String(task.slot), name + child, conditionOf(number, task, state), waits || "–", String(task.polls)];
}

// Between the poll that was its last and its leave, a task has ended.
function conditionOf(number, task, state) {
  const { kind, poll } = events[shown];
  const over = kind === "Polled" && poll === "Ready" && history.concern[shown] === number;
  const word = over ? "ended" : number === state.running ? "running" : task.queued ? "queued" : "parked";
  return [word, task.aborted ? `${word}, aborted` : word];
}

function showReady(state) {
  const ready = state.queue();
  const holder = document.getElementById("ready");
  const items = ready.slice(0, MOST_ROWS).map((number) => {
    const name = history.tasks.get(number)?.name ?? "";
    const words = [element("b", String(taskNumber(number))), name ? ` ${name}` : ""];
    const item = element("li", words, { "data-number": number });
    if (state.touched.has(`tasks ${number}`)) item.className = "changed";
    return item;
  });
  holder.querySelector(".count").textContent = ready.length.toLocaleString("en");
  holder.querySelector("ol").replaceChildren(...items);
  sayMore(holder.querySelector(".more"), ready.length - items.length);
  holder.classList.toggle("none", ready.length === 0);
}

function showState(state) {
  showReady(state);
  TABLES.forEach((table) => table.show(state));
}
