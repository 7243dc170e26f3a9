"""The troubleshooting guides (docs/troubleshooting.*.md): each situation played, in both languages."""

import concurrent.futures
import json
import ssl
import time
import unittest
import urllib.request

from harness import Site, guest
from transcript import Transcript, check

GUESTS = (
    guest(1, LastName="Соколова", FirstName="Анна", SecondName="", Sex="Female"),
    guest(2, IsFolder=True, LastName="", FirstName="", SecondName="", Description="Группы заезда",
          Phone="", EMail=""),
    guest(3, LastName="", FirstName="", SecondName="", FullName="", Phone="", EMail=""),
    guest(4, LastName="Тест", FirstName="Тест", SecondName=""),
    guest(5, LastName="Белов", FirstName="Олег", SecondName="", EMail="нет, только телефон"),
    guest(6, LastName="Орлов", FirstName="Пётр", SecondName=""),
    guest(7, LastName="Кузнецова", FirstName="Вера", SecondName="", Sex="Female"),
    guest(8, LastName="Павлов", FirstName="Егор", SecondName=""),
)


class Play:
    """All situations, one after another, in one language, on a site of its own."""

    def __init__(self, lang):
        self.site = Site(GUESTS)
        self.says = Transcript(self.site, lang)

    def play(self):
        try:
            self.first_export()
            self.guests()
            self.pairs()
            self.plan()
            self.settings()
            self.one_c()
            self.portal()
            self.agent()
            return self.says.blocks
        finally:
            self.site.close()

    def contact(self, last_name, name, phone):
        self.site.portal.post("/contacts/add", {"fields": {
            "LAST_NAME": last_name, "NAME": name, "PHONE": [{"VALUE": phone, "VALUE_TYPE": "WORK"}]}})

    def export(self, *flags, code=0):
        self.site.cli("export", "run", "main", "--wait", "--wait-write-back", *flags, code=code)

    def first_export(self):
        site = self.site
        site.start_server()
        site.start_agent()
        self.contact("Кузнецова", "Вера", "8 (916) 000-00-07")
        for _ in range(2):
            self.contact("Павлов", "Егор", "8 (916) 000-00-08")
        site.connect()
        site.cli("fields", "filter", "main", "LastName != Тест")
        site.cli("fields", "save", "main")
        # The rule looks at the fields of one contact a command.
        site.portal.post("/config", {"missing_methods": ["crm.item.batchimport"]})
        site.portal.post("/faults", {"kind": "refuse", "method": "crm.contact.add",
                                     "field": "LAST_NAME", "value": "Орлов"})
        site.cli("clients", "match", "main", "--wait")
        self.export("--settle", code=7)

    def guests(self):
        says = self.says
        says.begin("folder")
        says.run("guestbridge clients explain main 000000002")
        says.begin("filter")
        says.run("guestbridge clients explain main 000000004")
        says.run("guestbridge fields filter main")
        says.begin("no-name")
        says.run("guestbridge clients explain main 000000003")
        says.begin("value")
        says.run("guestbridge clients explain main 000000005")
        says.begin("refused")
        says.run("guestbridge clients list main --state FAILED --by-reason")
        says.run("guestbridge clients explain main 000000006")
        self.site.portal.delete("/faults")
        says.run("guestbridge clients retry main")
        # Whole: what else a run reads once more depends on how long ago it was written.
        self.export("--full")

    def pairs(self):
        says = self.says
        says.begin("attention")
        says.run("guestbridge status --check", code=1)
        says.begin("review")
        says.run("guestbridge clients list main --state PROPOSED")
        says.run("guestbridge clients explain main 000000007")
        says.begin("ambiguous")
        says.run("guestbridge clients list main --state AMBIGUOUS")
        says.run(f"guestbridge clients link main {GUESTS[7]['Ref_Key']} 2")
        self.site.cli("clients", "match", "main", "--apply", "--wait")
        self.export()

    def plan(self):
        plan = self.site.json("export", "run", "main", "--dry-run", "--wait")["plan"]
        self.site.onec.post("/clients/edit", {"guid": GUESTS[0]["Ref_Key"], "set": {"City": "Тверь"}})
        shown = "3f9c2b7a10de5566"[:len(plan)]   # as long, so that lines break alike
        self.says.stand_in(plan, shown)
        self.says.begin("plan")
        self.says.run(f"guestbridge export run main --plan {shown} --wait", code=1)

    def rest(self, method, fields):
        url = f"https://localhost:{self.site.portal_port}/rest/1/w3bh00kc0de12345/{method}.json"
        request = urllib.request.Request(url, data=json.dumps({"fields": fields}).encode(),
                                         headers={"Content-Type": "application/json"})
        trust = ssl.create_default_context(cafile=str(self.site.ca))
        with urllib.request.urlopen(request, context=trust, timeout=60) as answer:
            return json.load(answer)

    def settings(self):
        site, says = self.site, self.says
        says.begin("event-off")
        site.cli("events", "disable", "main", "client-created")
        site.cli("events", "save", "main")
        self.new_guest(9, LastName="Громова", FirstName="Ольга")
        self.export()
        says.run("guestbridge clients explain main 000000009")
        says.run("guestbridge events list main")
        site.cli("events", "enable", "main", "client-created")
        site.cli("events", "save", "main")
        says.begin("required")
        self.rest("crm.contact.userfield.add", {
            "FIELD_NAME": "CONSENT", "USER_TYPE_ID": "string", "MANDATORY": "Y"})
        site.cli("fields", "load", "main")
        says.run("guestbridge fields save main", code=4)
        site.cli("fields", "map", "main", "Code", "UF_CRM_CONSENT", "--transform", "constant:да")
        site.cli("fields", "save", "main")
        says.begin("wrong-flag")
        says.run("guestbridge export run main --dry", code=2)
        says.run("guestbridge export rum main", code=2)
        says.begin("code")
        says.run("guestbridge help error AMBIGUOUS", code=3)
        says.run("guestbridge help error AMBIGUOUS_MATCH")

    def number(self, run):
        return run["name"].rsplit("/", 1)[1]

    def eventually(self, look, seconds=60):
        deadline = time.monotonic() + seconds
        while not look():
            if time.monotonic() > deadline:
                raise AssertionError("nothing has come of it")
            time.sleep(0.1)

    def new_guest(self, number, **attributes):
        row = guest(number, SecondName="", **attributes)
        del row["DataVersion"]
        self.site.onec.post("/clients/add", row)

    def one_c(self):
        site, says = self.site, self.says
        self.export()
        says.begin("maintenance")
        site.onec.post("/faults", {"kind": "maintenance_html"})
        says.run("guestbridge connection test main", code=1)
        run = self.number(site.json("export", "run", "main"))
        self.eventually(lambda: site.json("run", "get", run)["notices"])
        says.run(f"guestbridge run get {run}")
        site.onec.delete("/faults")
        site.json("run", "watch", run, "--wait-write-back")
        says.begin("parked")
        site.onec.post("/config", {"denied_write": {"Catalog_Clients": True}})
        self.new_guest(10, LastName="Зимин", FirstName="Илья")
        self.export("--full")
        says.run("guestbridge status")
        site.onec.post("/config", {"denied_write": {"Catalog_Clients": False}})
        says.run("guestbridge clients retry main")
        self.export()

    def portal(self):
        site, says = self.site, self.says
        says.begin("webhook")
        site.portal.post("/config", {"users": [{"id": 1, "admin": True, "active": False}]})
        says.run("guestbridge export run main --wait", code=1)
        says.run("guestbridge status")
        site.portal.post("/config", {"users": [{"id": 1, "admin": True, "active": True}]})
        self.export()

    def agent(self):
        site, says = self.site, self.says
        says.begin("agent")
        site.agent.stop()
        says.run("guestbridge agent list")
        says.run("guestbridge export run main")
        says.begin("pending")
        says.run("guestbridge status")


class Troubleshooting(unittest.TestCase):
    def test_each_situation_is_as_the_guides_show_it(self):
        languages = ("ru", "en")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            played = list(pool.map(lambda lang: Play(lang).play(), languages))
        for lang, blocks in zip(languages, played):
            check(self, f"docs/troubleshooting.{lang}.md", blocks)


if __name__ == "__main__":
    unittest.main()
