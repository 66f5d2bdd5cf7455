"""formats.py FORMAT REPORT [TRUTH] - is a report what readers of its format take?

Checks what the format's specification and its readers ask for, and prints each breach. TRUTH is
the same scan's JSON report, whose verdicts must come back, one for one.
"""
import csv
import html.parser
import io
import json
import re
import sys
import xml.etree.ElementTree as xml

breaches = []
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def breach(condition, *words):
    if not condition:
        breaches.append(" ".join(str(w) for w in words)[:300])


def verdicts(truth):
    """(target, rule, verdict) of every finding, in order."""
    return [(t["target"], r["rule"], r["verdict"]) for t in truth["targets"] for r in t["results"]]


def unread(truth):
    return [t for t in truth["targets"] if t["error"]]


def count(truth, verdict):
    return sum(v == verdict for _, _, v in verdicts(truth))


def only(value, keys, where):
    """`keys`: name -> type, or (type,) for a member that may be missing."""
    breach(isinstance(value, dict), where, "is no object")
    for name, kind in keys.items():
        optional = isinstance(kind, tuple)
        kind = kind[0] if optional else kind
        if name not in value:
            breach(optional, where, "has no", name)
            continue
        breach(type(value[name]) is kind, where, name, "is", type(value[name]).__name__)
    for name in value:
        breach(name in keys, where, "has a member", name)


def every_string(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from every_string(v)
    elif isinstance(value, list):
        for v in value:
            yield from every_string(v)


# ---- SARIF: the published schema is checked by the caller; here is what GitHub asks besides ----

def sarif_location(location, where, region=True):
    physical = location["physicalLocation"]
    uri = physical["artifactLocation"]["uri"]
    breach(uri, where, "uri is empty")
    breach(not uri.startswith("/") and ":" not in uri.split("/")[0], where, "uri is not relative", uri)
    breach(re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), where, "uri is not encoded", uri)
    if region:
        r = physical["region"]
        breach(r["startLine"] >= 1 and r["startColumn"] >= 1, where, "region begins before the file")
        breach(r["endLine"] == r["startLine"] and r["endColumn"] >= r["startColumn"], where, "region ends before it begins")


def sarif(text, truth):
    log = json.loads(text)
    breach(log["version"] == "2.1.0" and len(log["runs"]) == 1, "one run of 2.1.0")
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    breach(driver["name"] == "offnode" and re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"]), "driver")
    breach("informationUri" not in driver, "there is no page to point at")
    ids = [rule["id"] for rule in driver["rules"]]
    breach(len(ids) == len(set(ids)), "a rule is listed twice")
    for rule in driver["rules"]:
        properties = rule["properties"]
        for name in ("shortDescription", "fullDescription"):
            breach(0 < len(rule[name]["text"]) <= 1024, rule["id"], name)
        breach(rule["help"]["text"] and rule["help"]["markdown"], rule["id"], "help")
        breach(0 < len(properties["tags"]) <= 10, rule["id"], "tags")
        breach(0 < float(properties["security-severity"]) <= 10, rule["id"], "security-severity")
    results = run["results"]
    breach(len(results) <= 25000, "more results than GitHub takes")
    breach(sum(r["level"] == "error" for r in results) == count(truth, "fail"), "an error for each fail")
    breach(sum(r["level"] == "warning" for r in results) == count(truth, "unknown"), "a warning for each unknown")
    prints = set()
    for i, r in enumerate(results):
        where = "result %d" % i
        breach(r["kind"] == "fail" and r["message"]["text"], where, "kind and message")
        breach(ids[r["ruleIndex"]] == r["ruleId"], where, "ruleIndex")
        breach(len(r["locations"]) == 1, where, "one location")
        sarif_location(r["locations"][0], where)
        for l in r["relatedLocations"]:
            sarif_location(l, where + " related")
            breach(l["message"]["text"] is not None and l["id"] >= 1, where, "related message")
        for flow in r.get("codeFlows", []):
            steps = flow["threadFlows"][0]["locations"]
            breach(len(steps) > 1, where, "a flow has steps")
            for step in steps:
                sarif_location(step["location"], where + " flow")
            last = steps[-1]["location"]["physicalLocation"]
            breach(last["artifactLocation"] == r["locations"][0]["physicalLocation"]["artifactLocation"], where, "a flow ends at the result")
        mark = r["partialFingerprints"]["primaryLocationLineHash"]
        breach(re.fullmatch(r"[0-9a-f]{16}:\d+", mark) and mark not in prints, where, "fingerprint")
        prints.add(mark)
        # 3.11.5, 3.11.6: what remains of braces and brackets would be placeholders and links.
        rest = re.sub(r"\{\{|\}\}|\\.", "", r["message"]["text"])
        breach(not re.search(r"[][{}]", rest), where, "message has markup", rest)
    invocation = run["invocations"][0]
    breach(invocation["executionSuccessful"] == (not unread(truth)), "executionSuccessful")
    errors = [n for n in invocation["toolExecutionNotifications"] if n["level"] == "error"]
    breach(len(errors) == len(unread(truth)), "a notification for each target in error")
    for s in every_string(log):
        breach(not HIDDEN.search(s), "hidden characters", repr(s))


# ---- JUnit: what Jenkins, GitLab and GitHub's publishers share ----

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
CASE = {"classname", "name", "time"}
OUTCOMES = {"failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message"}}


def junit_counts(element, cases, where):
    breach(int(element.get("tests")) == len(cases), where, "tests")
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        breach(int(element.get(attribute)) == sum(c.find(tag) is not None for c in cases), where, attribute)
    breach(float(element.get("time")) == 0, where, "time")


def junit(text, truth):
    root = xml.fromstring(text)
    breach(root.tag == "testsuites" and set(root.attrib) == SUITE - {"timestamp"}, "root")
    junit_counts(root, list(root.iter("testcase")), "testsuites")
    breach(len(root) == len(truth["targets"]), "a suite for each target")
    for suite in root:
        where = "suite " + repr(suite.get("name"))
        breach(suite.tag == "testsuite" and SUITE - {"timestamp"} <= set(suite.attrib) <= SUITE, where, "attributes")
        breach(suite[0].tag == "properties", where, "properties come first")
        for p in suite[0]:
            breach(p.tag == "property" and set(p.attrib) == {"name", "value"}, where, "property")
        cases = suite[1:]
        junit_counts(suite, cases, where)
        for case in cases:
            breach(case.tag == "testcase" and set(case.attrib) == CASE, where, "testcase")
            breach(all(case.get(a) for a in CASE), where, "empty attribute")
            breach(len(case) <= 1, where, "one outcome")
            for outcome in case:
                breach(set(outcome.attrib) == OUTCOMES.get(outcome.tag), where, outcome.tag)
    breach(int(root.get("failures")) == count(truth, "fail"), "failures are fails")
    breach(int(root.get("errors")) == count(truth, "unknown") + len(unread(truth)), "errors are unknowns")
    breach(int(root.get("skipped")) == count(truth, "not-applicable"), "skipped are not applicable")
    for element in root.iter():
        for s in [element.text or ""] + list(element.attrib.values()):
            breach(not HIDDEN.search(s), "hidden characters", repr(s))


# ---- CSV ----

def csv_table(text, truth):
    breach(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "lines end in CR LF, cells hold none")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    heading, rows = rows[0], rows[1:]
    breach(all(len(r) == len(heading) for r in rows), "as many cells in each line")
    breach(len(rows) == len(verdicts(truth)) + len(unread(truth)), "a line for each finding")
    found = [r[heading.index("verdict")] for r in rows if r[heading.index("rule")] != "target-readable"]
    breach(found == [v for _, _, v in verdicts(truth)], "verdicts in order")
    for row in rows:
        for cell in row:
            breach(not re.match(r"[=+\-@\t\r]", cell), "a formula", repr(cell))
            breach(not HIDDEN.search(cell) and "\n" not in cell, "hidden characters", repr(cell))


# ---- Markdown: the only tags are ours, and what is ours is balanced ----

class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attributes):
        breach(tag in ("details", "summary", "code", "b", "sub") and not attributes, "markdown has <%s>" % tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        breach(self.open and self.open.pop() == tag, "markdown closes", tag)


def markdown(text, truth):
    tags = Tags()
    tags.feed(text)
    breach(not tags.open, "open tags", tags.open)
    breach(len(text) <= 65536, "longer than a comment")
    lines = text.split("\n")
    table = [l for l in lines if l.startswith("| :")]
    breach(len(table) == len(truth["targets"]), "a line for each target", len(table))
    for l in table:
        breach(l.count("|") == 7, "cells", l)
    told = text.count("<details>")
    more = re.search(r"^and (\d+) more", text, re.M)
    breach(told + (int(more.group(1)) if more else 0) == count(truth, "fail") + count(truth, "unknown"), "an entry each")
    for l in lines:
        outside = re.sub(r"<code>.*?</code>", "", l)
        breach(not re.search(r"@|://|www\.", outside), "a mention or a link", l)
        breach(not HIDDEN.search(l), "hidden characters", repr(l))


# ---- OCSF 1.3.0, class 2003: required attributes and enumerations ----

def ocsf(text, truth):
    events = [json.loads(line) for line in text.splitlines()]
    breach(len(events) == len(verdicts(truth)) + len(unread(truth)), "an event for each finding")
    status = {"pass": 1, "fail": 3, "unknown": 0, "not-applicable": 99}
    told = [e["compliance"]["status_id"] for e in events if e["compliance"]["control"] != "target-readable"]
    breach(told == [status[v] for _, _, v in verdicts(truth)], "status_id in order")
    for e in events:
        fixed = {"activity_id": 1, "category_uid": 2, "class_uid": 2003, "type_uid": 200301}
        breach(all(e[k] == v for k, v in fixed.items()), "class")
        breach(e["severity_id"] in (1, 2, 3, 4) and type(e["time"]) is int, "severity and time")
        breach(e["metadata"]["version"] == "1.3.0" and e["metadata"]["product"]["vendor_name"], "metadata")
        breach(e["finding_info"]["uid"] and e["finding_info"]["title"], "finding_info")
        c = e["compliance"]
        breach(c["standards"] and all(type(s) is str for s in c["standards"] + c["requirements"]), "standards")
        breach(c["status"] and c["control"], "control")
        for s in every_string(e):
            breach(not HIDDEN.search(s), "hidden characters", repr(s))


# ---- kube-bench: members and types as its Go structures have them ----

TALLY = ("pass", "fail", "warn", "info")
TOTALS = {"total_" + t: int for t in TALLY}
RESULT = {
    "test_number": str, "test_desc": str, "audit": str, "AuditEnv": str, "AuditConfig": str, "type": str,
    "remediation": str, "test_info": list, "status": str, "actual_value": str, "scored": bool,
    "IsMultiple": bool, "expected_result": str, "reason": (str,),
}
GROUP = {"section": str, "type": str, "desc": str, "results": list, **{t: int for t in TALLY}}
CONTROLS = {
    "id": str, "version": str, "detected_version": (str,), "text": str, "node_type": str, "tests": list, **TOTALS,
}


def kube_bench(text, truth):
    report = json.loads(text)
    only(report, {"Controls": list, "Totals": dict}, "report")
    only(report["Totals"], TOTALS, "Totals")
    sums = dict.fromkeys(TALLY, 0)
    for controls in report["Controls"]:
        only(controls, CONTROLS, "Controls")
        breach(controls["node_type"] == "node", "node_type")
        within = dict.fromkeys(TALLY, 0)
        for group in controls["tests"]:
            only(group, GROUP, "group")
            for result in group["results"]:
                only(result, RESULT, "result")
                breach(result["status"] in ("PASS", "FAIL", "WARN", "INFO"), "status")
                within[result["status"].lower()] += 1
            for t in TALLY:
                breach(group[t] == sum(r["status"] == t.upper() for r in group["results"]), "group", t)
        for t in TALLY:
            breach(controls["total_" + t] == within[t], "total", t)
            sums[t] += within[t]
    for t, verdict in zip(TALLY, ("pass", "fail", "unknown", "not-applicable")):
        breach(report["Totals"]["total_" + t] == sums[t], "Totals", t)
        breach(sums[t] == count(truth, verdict) + (t == "warn") * len(unread(truth)), t, "is", verdict)
    for s in every_string(report):
        breach(not HIDDEN.search(s), "hidden characters", repr(s))


def main():
    checks = {"sarif": sarif, "junit": junit, "csv": csv_table, "markdown": markdown, "ocsf": ocsf, "kube-bench-json": kube_bench}
    with open(sys.argv[2], "rb") as f:
        text = f.read().decode("utf-8")
    with open(sys.argv[3]) as f:
        truth = json.load(f)
    checks[sys.argv[1]](text, truth)
    print("\n".join(breaches[:20]))
    sys.exit(bool(breaches))


main()
