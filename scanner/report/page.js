"use strict";
(() => {
	const all = (selector, from = document) => [...from.querySelectorAll(selector)];
	const findings = all(".finding");
	const search = document.querySelector("input[type=search]");
	const boxes = all(".filters input[type=checkbox]");
	const shown = document.querySelector(".filters output");

	// ---- filters: by verdict and by any text of the finding ----
	const texts = new Map(findings.map((f) => [f, f.textContent.toLowerCase()]));

	function filter() {
		const verdicts = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
		const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
		let count = 0;
		for (const f of findings) {
			f.hidden = !verdicts.has(f.dataset.verdict) || !words.every((w) => texts.get(f).includes(w));
			count += !f.hidden;
		}
		for (const target of all(".target")) {
			const mine = all(".finding", target);
			const empty = target.querySelector(".empty");
			if (empty)
				empty.hidden = !mine.length || mine.some((f) => !f.hidden);
		}
		shown.value = `${count} of ${findings.length}`;
	}

	// ---- permalinks: what the address names is shown and open, whatever the filters say ----
	function follow() {
		const f = document.getElementById(decodeURIComponent(location.hash.slice(1)));
		if (!f || !f.classList.contains("finding"))
			return;
		if (f.hidden) {
			search.value = "";
			boxes.forEach((b) => (b.checked = true));
			filter();
		}
		f.querySelector("details").open = true;
		f.scrollIntoView();
		f.querySelector("summary").focus({ preventScroll: true });
	}

	// ---- the flow: a wire from each line of a file to the words that it gave ----
	const svg = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);

	function wire(board, from, to, kind) {
		const box = board.getBoundingClientRect();
		const a = from.getBoundingClientRect();
		const b = to.getBoundingClientRect();
		const [x1, y1] = [a.right - box.left, a.top + a.height / 2 - box.top];
		const [x2, y2] = [b.left - box.left, b.top + b.height / 2 - box.top];
		const bend = (x1 + x2) / 2;
		const path = svg("path");
		path.setAttribute("d", `M${x1},${y1} C${bend},${y1} ${bend},${y2} ${x2},${y2}`);
		path.setAttribute("class", kind);
		path.dataset.word = to.id;
		return path;
	}

	function draw(board) {
		const wires = board.querySelector(".wires");
		wires.replaceChildren();
		for (const word of all("[data-from]", board))
			word.dataset.from.split(" ").forEach((id, i) => {
				const kind = (i ? "via" : "") + (word.classList.contains("lost") ? " lost" : "");
				wires.append(wire(board, document.getElementById(id), word, kind.trim()));
			});
	}

	function light(board, word, on) {
		word.classList.toggle("lit", on);
		for (const id of word.dataset.from.split(" "))
			document.getElementById(id).classList.toggle("lit", on);
		for (const path of all("path", board))
			if (path.dataset.word === word.id)
				path.classList.toggle("lit", on);
	}

	function redraw() {
		all(".flow[open] .board").forEach(draw);
	}

	for (const board of all(".board"))
		for (const word of all("[data-from]", board)) {
			for (const event of ["mouseenter", "focus"])
				word.addEventListener(event, () => light(board, word, true));
			for (const event of ["mouseleave", "blur"])
				word.addEventListener(event, () => light(board, word, false));
		}

	// ---- keyboard: "/" searches, Escape clears, j and k walk ----
	function walk(step) {
		const open = findings.filter((f) => !f.hidden);
		const at = open.findIndex((f) => f.contains(document.activeElement));
		const next = at < 0 ? (step > 0 ? 0 : open.length - 1) : at + step;
		if (open[next])
			open[next].querySelector("summary").focus();
	}

	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.target === search) {
			if (event.key === "Escape") {
				search.value = "";
				filter();
				search.blur();
			}
			return;
		}
		if (event.key === "/") {
			event.preventDefault();
			search.focus();
		} else if (event.key === "j" || event.key === "k") {
			walk(event.key === "j" ? 1 : -1);
		}
	});

	search.addEventListener("input", filter);
	boxes.forEach((b) => b.addEventListener("change", filter));
	all(".flow").forEach((f) => f.addEventListener("toggle", redraw));
	addEventListener("resize", redraw);
	addEventListener("hashchange", follow);
	addEventListener("beforeprint", () => {
		all("details").forEach((d) => (d.open = true));
		redraw();
	});
	filter();
	redraw();
	follow();
})();
