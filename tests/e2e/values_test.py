"""Every value arrives as it was, or is cut, cleaned or left out as the contract says; and once."""

import datetime
import unittest

from harness import Site, guest

TOMORROW = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).date()
AWKWARD = [
    "A&B", "A+B", "50% #1 %41%zz", "\"Рога\" & 'Копыта'", "$result[c0]", "$result[c0][ID]",
    "Emoji 😀👨‍👩‍👧", "e\u0301 й", "a\u200bb\u200dc", "O'Neil", "D’Artagnan",
    "back\\slash", "<b>bold</b>", "a=b&c[d]=e", "?x;y", "Ünïcödé ß", "李小龍", "אבג", "%",
    "&amp;", "NULL", "0", "-1", "true", "[]", "{}", "Array", "@file", "=1+1",
    "#{x}", "{{=ID}}", "{=Document:NAME}", "a\u00a0b", "\ufeffBOM", "x\u2028y",
]


def rows_of(attribute, values, first):
    return [guest(first + i, **{attribute: value}) for i, value in enumerate(values)]


def values(contact, kind):
    return [m["value"] for m in contact["multifields"] if m["type_id"] == kind]


class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        names = rows_of("LastName", AWKWARD, 1)
        firsts = rows_of("FirstName", AWKWARD, 101)
        remarks = rows_of("Remarks", AWKWARD + ["a\r\nb\nc", "tab\there", "я" * 3000,
                                                "line\n\n\nlines"], 201)
        addresses = rows_of("Address", AWKWARD + ["ул. 1\nкв. 2", "й" * 400], 301)
        cls.pairs = [("LAST_NAME", names), ("NAME", firsts), ("COMMENTS", remarks),
                     ("ADDRESS", addresses)]
        cls.rows = {
            "control": guest(401, LastName="a\x01b\x1fc\x7fd", Remarks="x\x02\ny\x00z"),
            "spaces": guest(402, LastName="  Иванов \t", FirstName=" \n ", Remarks="\n text \n"),
            "long": guest(403, Remarks="Ж😀" * 400),
            "spaced": guest(404, Remarks="a" * 49 + "  " + "b" * 200 + "  " + "c" * 100),
            "several": guest(406, Phone="8 (916) 111-22-33;+79162223344, 8-916-333-44-55",
                             EMail="a@b.org, b@b.org;c@b.org\nd@b.org"),
            "no-mail": guest(407, EMail="нет почты"),
            "half-mail": guest(408, EMail="нет, good@example.org, bad@"),
            "no-digits": guest(409, Phone="нет телефона"),
            "born-empty": guest(410, DateOfBirth="0001-01-01T00:00:00"),
            "born-1899": guest(411, DateOfBirth="1899-12-31T00:00:00"),
            "born-1900": guest(412, DateOfBirth="1900-01-01T00:00:00"),
            "born-tomorrow": guest(413, DateOfBirth=f"{TOMORROW}T00:00:00"),
            "nameless": guest(414, LastName="", FirstName=" ", SecondName="", Phone="",
                              EMail="", FullName="", Description=""),
            "only-bad": guest(415, LastName="", FirstName="", SecondName="", Phone="нет",
                              EMail="нет"),
            "only-phone": guest(416, LastName="", FirstName="", SecondName="", EMail=""),
            "marked": guest(417, DeletionMark=True),
            "folder": guest(418, IsFolder=True),
            "twice": guest(419, Phone="+79160000419, 8 916 000-04-19",
                           EMail="x@example.org, X@example.org"),
            "reference-phone": guest(420, Phone="$result[c0]", EMail="$result[c1]@example.org"),
            "zero-width-mail": guest(421, EMail="\u200bz@example.org\u200b"),
            "not-utf8-pair": guest(422, LastName="half \ud83d".encode("utf-8", "replace").decode()),
        }
        everybody = [r for _, rows in cls.pairs for r in rows] + list(cls.rows.values())
        cls.site = Site(everybody)
        cls.site.start_server()
        cls.site.start_agent()
        cls.site.connect()
        cls.first = cls.site.json("export", "run", "main", "--wait", "--settle",
                                "--wait-write-back", code=None)
        cls.contacts = cls.site.contacts()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def contact(self, name):
        [contact] = self.contacts[self.rows[name]["Ref_Key"]]
        return contact

    def field(self, name, field):
        return self.contact(name)["fields"].get(field) or ""

    def explained(self, name):
        return self.site.json("clients", "explain", "main", self.rows[name]["Ref_Key"])

    def test_01_the_run_succeeds(self):
        self.assertEqual(self.first["state"], "SUCCEEDED", self.first)
        self.assertEqual(self.first["writeBack"]["parked"], 0, self.first)

    def test_02_every_character_arrives_as_it_was(self):
        source = {"LAST_NAME": "LastName", "NAME": "FirstName", "COMMENTS": "Remarks",
                  "ADDRESS": "Address"}
        for field, rows in self.pairs:
            for row in rows:
                meant = row[source[field]]
                if field == "ADDRESS":
                    meant = meant[:255]
                if field == "COMMENTS":
                    meant = meant.replace("<b>", "[b]").replace("</b>", "[/b]")  # the portal's
                with self.subTest(f"{field} {meant[:30]!r}"):
                    [contact] = self.contacts[row["Ref_Key"]]
                    self.assertEqual(contact["fields"].get(field), meant)

    def test_03_controls_go_and_ends_are_trimmed(self):
        self.assertEqual(self.field("control", "LAST_NAME"), "abcd")
        self.assertEqual(self.field("control", "COMMENTS"), "x\nyz")
        self.assertEqual(self.field("spaces", "LAST_NAME"), "Иванов")
        self.assertEqual(self.field("spaces", "NAME"), "")
        self.assertEqual(self.field("spaces", "COMMENTS"), "text")

    def test_05_several_values_and_those_that_are_none(self):
        self.assertEqual(values(self.contact("several"), "PHONE"),
                         ["+79161112233", "+79162223344", "+79163334455"])
        self.assertEqual(values(self.contact("several"), "EMAIL"),
                         [f"{c}@b.org" for c in "abcd"])
        self.assertEqual(values(self.contact("no-mail"), "EMAIL"), [])
        self.assertIn("EMAIL_NOT_SENT", str(self.explained("no-mail")))
        self.assertEqual(values(self.contact("half-mail"), "EMAIL"), ["good@example.org"])
        self.assertEqual(values(self.contact("no-digits"), "PHONE"), [])
        self.assertIn("PHONE_NOT_SENT", str(self.explained("no-digits")))
        self.assertEqual(values(self.contact("twice"), "PHONE"), ["+79160000419"])
        self.assertEqual(len(values(self.contact("twice"), "EMAIL")), 1)

    def test_06_birth_dates(self):
        for name, meant in (("born-empty", ""), ("born-1899", ""), ("born-1900", "1900-01-01"),
                            ("born-tomorrow", "")):
            self.assertEqual(self.field(name, "BIRTHDATE"), meant, name)
        self.assertIn("BIRTHDATE_NOT_SENT", str(self.explained("born-1899")))
        self.assertNotIn("BIRTHDATE_NOT_SENT", str(self.explained("born-empty")))

    def test_07_who_is_no_guest_is_not_there(self):
        for name in ("nameless", "only-bad", "marked", "folder"):
            self.assertNotIn(self.rows[name]["Ref_Key"], self.contacts, name)
        self.assertEqual(self.explained("nameless")["summary"]["reason"],
                         "NO_NAME_NO_PHONE_NO_EMAIL")
        self.assertIn(self.rows["only-phone"]["Ref_Key"], self.contacts)

    def test_08_nothing_looks_changed_afterwards(self):
        site = self.site
        for flags in ((), ("--full",), ()):
            before = site.portal.get("/counters")["commands"]
            run = site.json("export", "run", "main", "--wait", "--settle", *flags)
            counters = run["counters"]
            self.assertEqual(counters["added"] + counters["updated"] + counters["failed"], 0, run)
            now = site.portal.get("/counters")["commands"]
            for method in ("crm.contact.add", "crm.contact.update"):
                self.assertEqual(now.get(method, 0), before.get(method, 0))
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)

    def test_09_long_values_are_cut_visibly_and_once(self):
        site = self.site
        site.cli("fields", "unmap", "main", "COMMENTS")
        site.cli("fields", "unmap", "main", "SECOND_NAME")
        site.cli("fields", "map", "main", "Remarks", "SECOND_NAME")
        site.cli("fields", "map", "main", "Remarks", "WEB")
        site.cli("fields", "save", "main")
        run = site.json("export", "run", "main", "--wait")
        self.assertEqual(run["counters"]["failed"], 0, run)
        type(self).contacts = site.contacts()
        self.assertEqual(self.field("long", "SECOND_NAME"), "Ж😀" * 25)
        self.assertEqual(values(self.contact("long"), "WEB"), ["Ж😀" * 125])
        self.assertEqual(self.field("spaced", "SECOND_NAME"), "a" * 49)
        self.assertIn("VALUE_CUT", str(self.explained("long")))
        # A client without the value lost the one that came from the earlier mapping.
        self.assertEqual(self.field("several", "SECOND_NAME"), "")
        self.test_08_nothing_looks_changed_afterwards()

    def test_10_nor_after_the_ledger_was_lost(self):
        site = self.site
        self.assertEqual(site.agent.stop(), 0)
        for file in (site.dir / "agent" / "ledgers").iterdir():
            file.unlink()
        site.start_agent()
        run = site.json("ledger", "rebuild", "main", "--wait")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        contacts = site.portal.get("/contacts/count")
        run = site.json("export", "run", "main", "--wait", "--settle", "--full",
                        "--wait-write-back")
        counters = run["counters"]
        self.assertEqual(counters["added"] + counters["updated"] + counters["failed"], 0, run)
        self.assertEqual(site.portal.get("/contacts/count"), contacts)
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)


if __name__ == "__main__":
    unittest.main()
