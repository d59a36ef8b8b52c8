/* Saves each answer as it is given. Without this file the page works all the same: "Next" sends the part as a form.

   What is not saved yet waits in the browser's own storage, so that a reload or a lost connection loses nothing. One save is on its way
   at a time, later answers to the same question replace earlier ones, and a save can be repeated without harm. */
"use strict";
(() => {
  const form = document.getElementById("answers");
  if (!form || !form.dataset.save) return;
  const status = document.getElementById("state");
  const store = "survey " + form.dataset.save;
  const empty = () => ({ answers: {}, taken_back: {}, comments: {}, guesses: {} });
  const number = (value) => (value === "unknown" ? null : Number(value));
  let waiting = empty();
  let memory = true;
  let busy = false;
  let failures = 0;
  let timer = 0;
  let goOn = null;

  try {
    waiting = Object.assign(empty(), JSON.parse(localStorage.getItem(store) || "{}"));
  } catch {
    memory = false;
  }

  const size = () => Object.values(waiting).reduce((sum, kind) => sum + Object.keys(kind).length, 0);
  const keep = () => {
    if (!memory) return;
    try {
      if (size()) localStorage.setItem(store, JSON.stringify(waiting));
      else localStorage.removeItem(store);
    } catch {
      memory = false;
    }
  };
  const say = (key) => {
    const words = form.dataset[key];
    if (status.textContent !== words) status.textContent = words;
    status.dataset.kind = key;
  };

  async function save() {
    clearTimeout(timer);
    if (busy) return;
    if (!size()) {
      if (goOn) goOn();
      return;
    }
    busy = true;
    const sent = JSON.parse(JSON.stringify(waiting));
    say(failures ? "notSaved" : "saving");
    let reply = null;
    try {
      reply = await fetch(form.dataset.save, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...sent, taken_back: Object.keys(sent.taken_back) }),
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout ? AbortSignal.timeout(15000) : undefined,
      });
    } catch {
      reply = null;
    }
    busy = false;
    if (reply && (reply.ok || reply.status === 404 || reply.status === 400)) {
      failures = 0;
      for (const kind of Object.keys(sent)) {
        for (const key of Object.keys(sent[kind])) {
          if (waiting[kind][key] === sent[kind][key]) delete waiting[kind][key];
        }
      }
      keep();
      if (!reply.ok) {
        /* The link has been closed meanwhile, or the page is older than the server: the page itself says which. */
        location.reload();
        return;
      }
      if (size()) save();
      else {
        say("saved");
        if (goOn) goOn();
      }
      return;
    }
    failures += 1;
    say(navigator.onLine === false ? "offline" : "notSaved");
    timer = setTimeout(save, Math.min(30000, 1000 * 2 ** Math.min(failures - 1, 5)));
  }

  function put(kind, key, value) {
    waiting[kind][key] = value;
    if (kind === "answers") delete waiting.taken_back[key];
    if (kind === "taken_back") delete waiting.answers[key];
    keep();
    save();
  }

  const takeBack = (fieldset, shown) => {
    const button = fieldset && fieldset.querySelector("[data-take-back]");
    if (button) button.hidden = !shown;
  };

  form.addEventListener("change", (event) => {
    const field = event.target;
    if (field.type !== "radio") return;
    const [kind, key] = [field.name.slice(0, 1), field.name.slice(2)];
    put(kind === "g" ? "guesses" : "answers", key, number(field.value));
    takeBack(field.closest("fieldset"), true);
  });

  for (const button of form.querySelectorAll("[data-take-back]")) {
    const fieldset = button.closest("fieldset");
    takeBack(fieldset, Boolean(fieldset.querySelector("input:checked")));
    button.addEventListener("click", () => {
      for (const field of fieldset.querySelectorAll("input:checked")) field.checked = false;
      takeBack(fieldset, false);
      fieldset.querySelector("input").focus();
      put("taken_back", button.dataset.takeBack, 1);
    });
  }

  const comment = form.querySelector("textarea");
  if (comment) {
    let pause = 0;
    const given = () => {
      clearTimeout(pause);
      put("comments", comment.name.slice(2), comment.value);
    };
    comment.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(given, 1200);
    });
    comment.addEventListener("change", given);
  }

  let leaving = false;
  form.addEventListener("submit", (event) => {
    if (leaving) {
      event.preventDefault();
      return;
    }
    const submitter = event.submitter;
    if (size() || busy) {
      /* Everything is saved first; then the step that was asked for is taken. */
      event.preventDefault();
      goOn = () => {
        goOn = null;
        form.requestSubmit(submitter);
      };
      save();
      return;
    }
    leaving = true;
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  window.addEventListener("online", save);
  window.addEventListener("offline", () => {
    if (size()) say("offline");
  });

  /* What waits from an earlier visit is shown as chosen, and saved. */
  for (const [item, value] of Object.entries(waiting.answers)) {
    const chosen = value === null ? "unknown" : String(value);
    for (const field of form.querySelectorAll(`input[name="a.${CSS.escape(item)}"]`)) field.checked = field.value === chosen;
  }
  for (const [dimension, value] of Object.entries(waiting.guesses)) {
    for (const field of form.querySelectorAll(`input[name="g.${CSS.escape(dimension)}"]`)) field.checked = field.value === String(value);
  }
  if (comment && comment.name.slice(2) in waiting.comments) comment.value = waiting.comments[comment.name.slice(2)];
  if (size()) save();

  for (const button of document.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.copied;
    });
  }
})();
